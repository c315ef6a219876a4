import type { Source } from "./parts.ts";
import type { References } from "./renderer.ts";
import { cleanPieces, type Piece } from "./sanitize.ts";

/** What is to be rendered and sanitised, as what, and with which definitions. */
export interface Wanted {
  tag: Piece["tag"];
  source: Source;
  references: number;
}

/** Renders and sanitises what was not there in the last rendering: the least of a text that grows. */
export class Cleaner {
  #last = new Map<string, string>();
  #references: string[] = [];

  /** A number for the definitions that count in a text: with others, its links are others. */
  numberOf({ references }: References): number {
    const all = JSON.stringify(references);
    const known = this.#references.lastIndexOf(all);
    return known === -1 ? this.#references.push(all) - 1 : known;
  }

  /** The HTML of everything that a rendering needs, in its order. What it does not need is forgotten. */
  clean(wanted: readonly Wanted[]): string[] {
    const keys = wanted.map(({ tag, source, references }) => `${references} ${tag} ${source.key}`);
    const fresh = new Map<string, Piece>();
    for (const [index, { tag, source }] of wanted.entries()) {
      const key = keys[index] as string;
      if (!this.#last.has(key) && !fresh.has(key)) fresh.set(key, { tag, html: source.html() });
    }
    const cleaned = cleanPieces([...fresh.values()]);
    for (const [index, key] of [...fresh.keys()].entries()) this.#last.set(key, cleaned[index] ?? "");
    const html = keys.map((key) => this.#last.get(key) ?? "");
    this.#last = new Map(keys.map((key, index) => [key, html[index] as string]));
    return html;
  }
}
