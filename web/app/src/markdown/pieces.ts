import type { PieceTag } from "./parts.ts";

/** What the pieces stand in, in the HTML of their block. */
const PLACES: Record<PieceTag, string> = { li: "ul, ol", tr: "tbody", span: "code" };

/** What was written into a place, to be compared with what comes. */
const written = new WeakMap<Element, string[]>();

/** Put pieces of HTML, sanitised, into their place within `block`. Those that are there already are left alone. */
export function fill(block: Element, tag: PieceTag, pieces: readonly string[]): void {
  const place = block.querySelector(PLACES[tag]);
  if (!place) return;
  const before = written.get(place) ?? [];
  pieces.forEach((html, index) => {
    if (before[index] === html) return;
    const element = place.children[index] ?? place.appendChild(document.createElement(tag));
    if (tag === "span") element.className = "lines";
    element.innerHTML = html;
  });
  while (place.children.length > pieces.length) place.lastElementChild?.remove();
  written.set(place, [...pieces]);
}
