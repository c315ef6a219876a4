import { Store } from "../state/store.ts";

export type Highlighter = (code: string, language: string) => string | undefined;

/** Longer pieces stay plain: colours are not worth a stutter. */
const LIMIT = 20_000;

/** Colours code; undefined until it is loaded, which the first block of code asks for. */
export const highlighter = new Store<Highlighter | undefined>(undefined);

let isAsked = false;

/** Code as HTML with the words marked; undefined where nobody knows the language (yet). */
export function highlight(code: string, language: string): string | undefined {
  if (language === "" || code.length > LIMIT) return undefined;
  if (!isAsked) {
    isAsked = true;
    import("./languages.ts").then(
      (loaded) => highlighter.set(loaded.highlightCode),
      () => {
        isAsked = false; // plain code does as well; the next block asks again
      },
    );
  }
  return highlighter.get()?.(code, language);
}
