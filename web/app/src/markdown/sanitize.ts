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

/** What an element can stand in. */
const PLACES = {
  li: ["<ul>", "</ul>"],
  tr: ["<table><tbody>", "</tbody></table>"],
  span: ["<div>", "</div>"],
} as const;

/** The same for what stands in each of some elements `tag`, in one call. */
export function cleanPieces(pieces: readonly string[], tag: keyof typeof PLACES): string[] {
  if (pieces.length === 0) return [];
  const [before, after] = PLACES[tag];
  const elements = pieces.map((html) => `<${tag}>${html}</${tag}>`).join("");
  const fragment = byPieces.sanitize(before + elements + after) as unknown as DocumentFragment;
  const place = fragment.querySelector(tag)?.parentElement;
  // As many come out as went in, since the parser closes what it opens. If not, none may take the place of another.
  if (place?.children.length !== pieces.length) return pieces.map(clean);
  return [...place.children].map((element) => element.innerHTML);
}

/** A snippet of the search: text, with the words found in <mark>. */
export function marksOnly(html: string): string {
  return DOMPurify.sanitize(html, { ALLOWED_TAGS: ["mark"], ALLOWED_ATTR: [] });
}
