import { BlockSplitter } from "./blocks.ts";
import { Cleaner, type Wanted } from "./cleaner.ts";
import { type Budget, CodeColouring } from "./colouring.ts";
import { type Part, type PieceTag, partsOf, type Source } from "./parts.ts";
import type { References } from "./renderer.ts";

/** A block to be shown: HTML that is sanitised. */
export interface Block {
  html: string;
  /** What stands in the innermost element of the HTML, one element for each; an array that never changes. */
  pieces?: { tag: PieceTag; html: readonly string[] };
}

/** What the splitter gives as one: blocks that belong together, such as a paragraph and the list under it. */
interface Section {
  source: string;
  parts: Part[];
  /** One for each part that is code, in their order. */
  colourings: CodeColouring[];
  /** Undefined: to be made (anew). */
  shown: Block[] | undefined;
  /** How many definitions of links there were when it was parsed. */
  known: number;
  references: number;
}

/** So much code is coloured in one rendering. */
const SLICES = 2;

/**
 * A markdown text that may grow, as blocks of HTML. What is complete is rendered once; only the block that is being
 * written is rendered with each piece, and of a list, a table or code only its last lines. A definition of a link that
 * comes late changes the blocks before it.
 */
export class MarkdownDocument {
  #splitter = new BlockSplitter();
  #text = "";
  #finished: Section[] = [];
  /** Those of the section that is being written. */
  #colourings: CodeColouring[] = [];
  #env: References = { references: {} };
  #cleaner = new Cleaner();

  /** Whether some code has not got its colours yet: the same text again gives more of them. */
  isBehind = false;

  /** The blocks of the text so far. A text that does not go on from the last one begins anew. */
  update(text: string): Block[] {
    const whole = text.replace(/\r\n?/g, "\n");
    if (!whole.startsWith(this.#text)) this.#restart();
    this.#splitter.append(whole.slice(this.#text.length));
    this.#text = whole;
    this.#parseFinished();
    const { tail } = this.#splitter;
    // A definition that is half written must not count: the tail has a copy of its own.
    const last = this.#parse(tail, { references: { ...this.#env.references } }, this.#colourings);
    const sections = tail === "" ? this.#finished : [...this.#finished, last];
    this.#show(sections.filter((section) => !section.shown || isBehind(section)));
    this.isBehind = sections.some(isBehind);
    return sections.flatMap(({ shown }) => shown ?? []);
  }

  #parseFinished(): void {
    const { blocks } = this.#splitter;
    const before = this.#finished.length;
    for (const source of blocks.slice(before)) {
      this.#finished.push(this.#parse(source, this.#env, this.#colourings));
      this.#colourings = [];
    }
    if (blocks.length === before) return;
    const known = countOf(this.#env);
    for (const [index, { source, colourings, known: old }] of this.#finished.entries()) {
      if (old === known) continue;
      if (source.includes("[")) this.#finished[index] = this.#parse(source, this.#env, colourings);
      else (this.#finished[index] as Section).known = known;
    }
  }

  #parse(source: string, env: References, colourings: CodeColouring[]): Section {
    const parts = partsOf(source, env);
    const references = this.#cleaner.numberOf(env);
    return { source, parts, colourings, shown: undefined, known: countOf(env), references };
  }

  /** Make the blocks of some sections, with one call of the sanitizer for all of them. */
  #show(sections: Section[]): void {
    const budget = { slices: SLICES };
    const drafts = sections.map((section) => draftsOf(section, budget));
    const wanted: Wanted[] = [];
    for (const [index, { references }] of sections.entries()) {
      for (const { frame, tag, pieces } of drafts[index] ?? []) {
        wanted.push({ tag: "div", source: frame, references });
        if (tag) wanted.push(...pieces.map((source) => ({ tag, source, references })));
      }
    }
    const cleaned = this.#cleaner.clean(wanted).values();
    const next = () => cleaned.next().value ?? "";
    for (const [index, section] of sections.entries()) {
      section.shown = (drafts[index] ?? []).map(({ tag, pieces }) => {
        const html = next();
        return tag ? { html, pieces: { tag, html: pieces.map(next) } } : { html };
      });
    }
  }

  #restart(): void {
    this.#splitter = new BlockSplitter();
    this.#text = "";
    this.#finished = [];
    this.#colourings = [];
    this.#env = { references: {} };
  }
}

/** A block before it is rendered and sanitised. */
interface Draft {
  frame: Source;
  tag?: PieceTag;
  pieces: Source[];
}

function draftsOf({ parts, colourings }: Section, budget: Budget): Draft[] {
  let codes = 0;
  return parts.map((part) => {
    if (part.kind === "whole") return { frame: part.block, pieces: [] };
    if (part.kind === "series") return part;
    colourings[codes] ??= new CodeColouring();
    const pieces = colourings[codes]?.update(part.code, part.language, part.isClosed, budget) ?? [];
    codes += 1;
    return { frame: part.frame, tag: "span", pieces: pieces.map((html) => ({ key: html, html: () => html })) };
  });
}

function isBehind({ colourings }: Section): boolean {
  return colourings.some((colouring) => colouring.isBehind);
}

function countOf({ references }: References): number {
  return Object.keys(references).length;
}
