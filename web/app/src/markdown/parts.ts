import type { Token } from "markdown-it";
import { blocksOf, codeFrame, isClosed, languageOf, type References, renderRange } from "./renderer.ts";

/** What the pieces of a part are, each an element of its own. */
export type PieceTag = "li" | "tr" | "span";

/** HTML that is made when it is asked for, once. */
export interface Source {
  /** What it is made from, but for the definitions of links. */
  key: string;
  html: () => string;
}

/** A block that is shown as a whole, and anew when anything in it changes. */
export interface Whole {
  kind: "whole";
  block: Source;
}

/** A list or a table: what stands around its items or rows, and what stands in each of them. */
export interface Series {
  kind: "series";
  frame: Source;
  tag: "li" | "tr";
  pieces: Source[];
}

/** Code, to be coloured. */
export interface Code {
  kind: "code";
  frame: Source;
  language: string;
  code: string;
  /** Its last line has come. */
  isClosed: boolean;
}

/** Its HTML is the renderer's, not sanitised yet. */
export type Part = Whole | Series | Code;

/**
 * A piece of markdown as its blocks at the top level. They come from one parse, so that together they are what the whole
 * would be: a list knows all of its items when it says whether they are paragraphs. Definitions are read from `env`, and
 * those found are added.
 */
export function partsOf(source: string, env: References): Part[] {
  const tokens = blocksOf(source, env);
  return ranges(tokens, 0, tokens.length).map(([from, to]) => partOf(tokens, from, to, env));
}

type Range = [from: number, to: number];

/** The elements between two places, without those within them. */
function ranges(tokens: Token[], from: number, to: number): Range[] {
  const found: Range[] = [];
  let depth = 0;
  let start = from;
  for (let index = from; index < to; index += 1) {
    depth += tokens[index]?.nesting ?? 0;
    if (depth > 0) continue;
    found.push([start, index + 1]);
    start = index + 1;
  }
  return found;
}

function partOf(tokens: Token[], from: number, to: number, env: References): Part {
  const first = tokens[from];
  if (first?.type === "fence") {
    const language = languageOf(first);
    const frame = { key: `code ${language}`, html: () => codeFrame("", language) };
    return { kind: "code", frame, language, code: first.content, isClosed: isClosed(first) };
  }
  if (first?.type === "bullet_list_open" || first?.type === "ordered_list_open") {
    return series(tokens, [from, from + 1], [to - 1, to], "li", env);
  }
  const body =
    first?.type === "table_open" ? tokens.findIndex(({ type }, at) => at > from && type === "tbody_open") : -1;
  if (body !== -1 && body < to) return series(tokens, [from, body + 1], [to - 2, to], "tr", env);
  return { kind: "whole", block: sourceOf(tokens, env, [from, to]) };
}

/** A part of what opens and closes it and of the elements between. */
function series(tokens: Token[], opening: Range, closing: Range, tag: "li" | "tr", env: References): Series {
  const inner = ranges(tokens, opening[1], closing[0]);
  return {
    kind: "series",
    frame: sourceOf(tokens, env, opening, closing),
    tag,
    pieces: inner.map(([from, to]) => sourceOf(tokens, env, [from + 1, to - 1])),
  };
}

function sourceOf(tokens: Token[], env: References, ...parts: Range[]): Source {
  let key = "";
  for (const [from, to] of parts) {
    for (let index = from; index < to; index += 1) {
      const { type, tag, hidden, info, attrs, content, map } = tokens[index] as Token;
      const lines = type === "fence" && map ? map[1] - map[0] : 0;
      key += `${type} ${tag} ${hidden} ${lines} ${attrs ?? ""} ${info} ${content.length} ${content}\n`;
    }
  }
  return { key, html: () => parts.map(([from, to]) => renderRange(tokens, from, to, env)).join("") };
}
