import type { PieceTag, Source } from "./parts.ts";
import type { References } from "./renderer.ts";
import { clean, cleanPieces } from "./sanitize.ts";

/** Renders and sanitises what was not there in the last rendering: the least of a text that grows. */
export class Cleaner {
  #last = new Map<string, string>();
  #now = new Map<string, string>();
  #references = "{}";

  /** The definitions that count in what comes now: with others, links are others. */
  beginWith({ references }: References): void {
    const now = JSON.stringify(references);
    if (now === this.#references) return;
    this.#references = now;
    this.#last.clear();
    this.#now.clear();
  }

  block(source: Source): string {
    const html = this.#known(source.key) ?? clean(source.html());
    this.#now.set(source.key, html);
    return html;
  }

  /** What stands in each of some elements `tag`. */
  pieces(sources: readonly Source[], tag: PieceTag): { tag: PieceTag; html: string[] } {
    const fresh = new Map<string, Source>();
    for (const source of sources) {
      if (this.#known(`${tag} ${source.key}`) === undefined) fresh.set(`${tag} ${source.key}`, source);
    }
    const cleaned = cleanPieces(
      [...fresh.values()].map((source) => source.html()),
      tag,
    );
    for (const [index, key] of [...fresh.keys()].entries()) this.#now.set(key, cleaned[index] ?? "");
    const html = sources.map(({ key }) => {
      const known = this.#known(`${tag} ${key}`) ?? "";
      this.#now.set(`${tag} ${key}`, known);
      return known;
    });
    return { tag, html };
  }

  /** A rendering is over: what it did not use is forgotten. */
  end(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }

  #known(key: string): string | undefined {
    return this.#now.get(key) ?? this.#last.get(key);
  }
}
