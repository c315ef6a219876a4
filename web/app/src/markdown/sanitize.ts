import DOMPurify, { type Config } from "dompurify";

/** What our own renderer makes, and nothing else. Styles, events, forms and pictures are not in it. */
const MARKDOWN: Config = {
  ALLOWED_TAGS: [
    ...["a", "blockquote", "br", "button", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"],
    ...["ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
  ],
  ALLOWED_ATTR: ["href", "title", "class", "start", "target", "rel", "tabindex", "role", "aria-label", "type", "dir"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["aria-label", "role", "tabindex", "type", "start", "dir", "target", "rel"],
};

/** Of its own, so that what is allowed is read once: each call would take as long over that as over a short text. */
const purifier = DOMPurify(window);
purifier.setConfig(MARKDOWN);

/** Rendered markdown without anything that could run, load or post. */
export function clean(html: string): string {
  return purifier.sanitize(html);
}

const byPieces = DOMPurify(window);
byPieces.setConfig({ ...MARKDOWN, RETURN_DOM_FRAGMENT: true });

/** What a piece of HTML stands in: a block by itself, an item of a list, a row of a table, some lines of code. */
const PLACES = {
  div: ["<div>", "</div>"],
  li: ["<ul><li>", "</li></ul>"],
  tr: ["<table><tbody><tr>", "</tr></tbody></table>"],
  span: ["<span>", "</span>"],
} as const;

export interface Piece {
  tag: keyof typeof PLACES;
  html: string;
}

/** The same for many pieces in one call, since each call costs more than most of the pieces. */
export function cleanPieces(pieces: readonly Piece[]): string[] {
  if (pieces.length === 0) return [];
  const whole = pieces.map(({ tag, html }) => PLACES[tag][0] + html + PLACES[tag][1]).join("");
  const fragment = byPieces.sanitize(whole) as unknown as DocumentFragment;
  // As many come out as went in, since the parser closes what it opens. If not, none may take the place of another.
  if (fragment.childNodes.length !== pieces.length) return pieces.map(({ html }) => clean(html));
  return [...fragment.children].map((element, index) => {
    const { tag } = pieces[index] as Piece;
    return (element.localName === tag ? element : element.querySelector(tag))?.innerHTML ?? "";
  });
}

/** A snippet of the search: text, with the words found in <mark>. */
export function marksOnly(html: string): string {
  return DOMPurify.sanitize(html, { ALLOWED_TAGS: ["mark"], ALLOWED_ATTR: [] });
}
