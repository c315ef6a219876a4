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

/** A snippet of the search: text, with the words found in <mark>. */
export function marksOnly(html: string): string {
  return DOMPurify.sanitize(html, { ALLOWED_TAGS: ["mark"], ALLOWED_ATTR: [] });
}
