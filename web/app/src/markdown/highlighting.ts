import { Store } from "../state/store.ts";

export interface Coloured {
  html: string;
  /** No string, comment or the like is open at the end: what follows can be coloured apart. */
  isWhole: boolean;
}

export type Highlighter = (code: string, language: string) => Coloured | undefined;

/** Colours code; undefined until it is loaded, which the first block of code asks for. */
export const highlighter = new Store<Highlighter | undefined>(undefined);

let isAsked = false;

/** Code as HTML with the words marked; undefined where nobody knows the language (yet). */
export function highlight(code: string, language: string): Coloured | undefined {
  if (language === "") return undefined;
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
