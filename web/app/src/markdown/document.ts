import { BlockSplitter } from "./blocks.ts";
import { Cleaner } from "./cleaner.ts";
import { type Budget, CodeColouring } from "./colouring.ts";
import { type Part, type PieceTag, partsOf, type Source } from "./parts.ts";
import type { References } from "./renderer.ts";

/** A block to be shown: HTML that is sanitised. */
export interface Block {
  html: string;
  /** What stands in the innermost element of the HTML, one element for each; an array that never changes. */
  pieces?: { tag: PieceTag; html: readonly string[] };
}

interface Finished {
  source: string;
  parts: Part[];
  colourings: CodeColouring[];
  shown: Block[];
  /** How many definitions of links there were when it was rendered. */
  known: number;
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
  #finished: Finished[] = [];
  /** Those of the block that is being written. */
  #colourings: CodeColouring[] = [];
  #env: References = { references: {} };
  #cleaner = new Cleaner();

  /** Whether some code has not got its colours yet: the same text again gives more of them. */
  isBehind = false;

  /** The blocks of the text so far. A text that does not go on from the last one begins anew. */
  update(text: string): Block[] {
    const whole = text.replace(/\r\n?/g, "\n");
    if (!whole.startsWith(this.#text)) this.#restart();
    const budget = { slices: SLICES };
    this.#splitter.append(whole.slice(this.#text.length));
    this.#text = whole;
    this.#renderFinished(budget);
    const blocks = this.#finished.flatMap(({ shown }) => shown);
    const { tail } = this.#splitter;
    // A definition that is half written must not count: the tail has a copy of its own.
    const env = { references: { ...this.#env.references } };
    const parts = tail === "" ? [] : partsOf(tail, env);
    this.#cleaner.beginWith(env);
    blocks.push(...this.#show(parts, this.#colourings, budget));
    this.#cleaner.end();
    this.isBehind = [...this.#finished, { colourings: this.#colourings }].some(isBehind);
    return blocks;
  }

  #renderFinished(budget: Budget): void {
    const { blocks } = this.#splitter;
    const before = this.#finished.length;
    for (const block of this.#finished) {
      if (isBehind(block)) block.shown = this.#show(block.parts, block.colourings, budget);
    }
    for (const source of blocks.slice(before)) {
      const parts = partsOf(source, this.#env);
      this.#cleaner.beginWith(this.#env);
      const colourings = this.#colourings;
      const shown = this.#show(parts, colourings, budget);
      this.#finished.push({ source, parts, colourings, shown, known: this.#known() });
      this.#colourings = [];
    }
    if (blocks.length === before) return;
    const known = this.#known();
    for (const block of this.#finished) {
      if (block.known === known) continue;
      if (block.source.includes("[")) {
        block.parts = partsOf(block.source, this.#env);
        block.shown = this.#show(block.parts, block.colourings, budget);
      }
      block.known = known;
    }
  }

  /** `colourings`: one for each part that is code, in their order. */
  #show(parts: Part[], colourings: CodeColouring[], budget: Budget): Block[] {
    let codes = 0;
    return parts.map((part) => {
      if (part.kind === "whole") return { html: this.#cleaner.block(part.block) };
      const html = this.#cleaner.block(part.frame);
      if (part.kind === "series") return { html, pieces: this.#cleaner.pieces(part.pieces, part.tag) };
      colourings[codes] ??= new CodeColouring();
      const pieces = colourings[codes]?.update(part.code, part.language, part.isClosed, budget) ?? [];
      codes += 1;
      return { html, pieces: this.#cleaner.pieces(pieces.map(known), "span") };
    });
  }

  #known(): number {
    return Object.keys(this.#env.references).length;
  }

  #restart(): void {
    this.#splitter = new BlockSplitter();
    this.#text = "";
    this.#finished = [];
    this.#colourings = [];
    this.#env = { references: {} };
  }
}

/** HTML that is there already. */
function known(html: string): Source {
  return { key: html, html: () => html };
}

function isBehind({ colourings }: { colourings: CodeColouring[] }): boolean {
  return colourings.some((colouring) => colouring.isBehind);
}
