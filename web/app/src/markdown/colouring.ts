import { highlight } from "./highlighting.ts";
import { escapeHtml } from "./renderer.ts";

/** About so many characters are coloured at once. */
const SLICE = 700;
/** And so many of what follows, to see whether it changes the colours before it. */
const AHEAD = 100;
/** What can not be cut within so many characters stays plain from there on: a string over hundreds of lines. */
const LONGEST = 6 * SLICE;
/** Longer code is not coloured to its end. */
const LIMIT = 100_000;

/** How much may still be coloured before the browser is let go on. */
export interface Budget {
  slices: number;
}

/**
 * Code that may grow, coloured in slices of whole lines. A slice ends where the grammar is back at its beginning, so that
 * the slices have the colours of the whole, and each is coloured once.
 */
export class CodeColouring {
  #language = "";
  #code = "";
  /** The slices that are complete, as HTML, and where they end in the code. */
  #done: string[] = [];
  #end = 0;
  /** A slice that can not end where it was cut: it is tried again when it is longer. */
  #open: { html: string; end: number } | undefined;
  #isPlain = false;
  /** More could have been coloured. */
  isBehind = false;

  /** The code as pieces of HTML; the last ones may change. It may go on from the last one, or be another. */
  update(code: string, language: string, isClosed: boolean, budget: Budget): string[] {
    if (language !== this.#language || !code.startsWith(this.#code)) this.#restart(language);
    this.#code = code;
    let cut = this.#nextCut(isClosed);
    while (cut !== undefined && budget.slices > 0) {
      budget.slices -= 1;
      this.#colour(cut);
      cut = this.#nextCut(isClosed);
    }
    this.isBehind = cut !== undefined;
    return [...this.#done, this.#open?.html ?? "", this.#tail()].filter((html) => html !== "");
  }

  /** Where the next slice ends; undefined where there is none (yet). */
  #nextCut(isClosed: boolean): number | undefined {
    const from = this.#open?.end ?? this.#end;
    if (this.#isPlain || from >= this.#code.length) return undefined;
    const cut = lineEnd(this.#code, from + SLICE);
    if (isClosed) return cut ?? this.#code.length;
    return cut !== undefined && lineEnd(this.#code, cut + AHEAD) !== undefined ? cut : undefined;
  }

  #colour(cut: number): void {
    const isTooLong = cut - this.#end > LONGEST || cut > LIMIT;
    const coloured = isTooLong ? undefined : highlight(this.#code.slice(this.#end, cut), this.#language);
    if (!coloured) {
      this.#isPlain = true;
    } else if (cut === this.#code.length || (coloured.isWhole && this.#isStable(coloured.html, cut))) {
      this.#done.push(coloured.html);
      this.#end = cut;
      this.#open = undefined;
    } else {
      this.#open = { html: coloured.html, end: cut };
    }
  }

  /** Whether a slice looks the same with what follows it. */
  #isStable(html: string, cut: number): boolean {
    const more = this.#code.slice(this.#end, lineEnd(this.#code, cut + AHEAD));
    return highlight(more, this.#language)?.html.startsWith(html) === true;
  }

  /** What no slice has yet: the few lines that are being written have colours too, and these may change. */
  #tail(): string {
    const rest = this.#code.slice(this.#open?.end ?? this.#end);
    const isShort = !this.#isPlain && !this.#open && !this.isBehind;
    return (isShort ? highlight(rest, this.#language)?.html : undefined) ?? escapeHtml(rest);
  }

  #restart(language: string): void {
    this.#language = language;
    this.#done = [];
    this.#end = 0;
    this.#open = undefined;
    this.#isPlain = false;
  }
}

/** Where the line ends that goes over a place; undefined where it does not end. */
function lineEnd(code: string, place: number): number | undefined {
  const end = code.indexOf("\n", place);
  return end === -1 ? undefined : end + 1;
}
