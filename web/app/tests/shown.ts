import type { Block } from "../src/markdown/document.ts";
import { fill } from "../src/markdown/pieces.ts";
import { parser } from "../src/markdown/renderer.ts";
import { clean } from "../src/markdown/sanitize.ts";

/** Blocks as they stand on the page; `on` is the page before, which they change. */
export function shown(blocks: Block[], on: HTMLElement = document.createElement("div")): HTMLElement {
  const written = (on as { written?: string[] }).written ?? [];
  blocks.forEach(({ html, pieces }, index) => {
    const element = on.children[index] ?? on.appendChild(document.createElement("div"));
    if (written[index] !== html) element.innerHTML = html;
    if (pieces) fill(element, pieces.tag, pieces.html);
  });
  while (on.children.length > blocks.length) on.lastElementChild?.remove();
  Object.assign(on, { written: blocks.map(({ html }) => html) });
  return on;
}

/** What a page says and of what elements it is, without the elements that blocks and slices of code stand in. */
export function essence(page: HTMLElement): string {
  const copy = page.cloneNode(true) as HTMLElement;
  for (const extra of copy.querySelectorAll(":scope > div:not([class]), code > span")) {
    extra.replaceWith(...extra.childNodes);
  }
  copy.normalize();
  const texts = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  const blank: Node[] = [];
  while (texts.nextNode()) {
    const { currentNode: text } = texts;
    if (text.textContent?.trim() === "" && !text.parentElement?.closest("code")) blank.push(text);
  }
  for (const text of blank) text.parentNode?.removeChild(text);
  return copy.innerHTML.replace(/\s*\n\s*/g, "\n").replace(/\n(?=<)|(?<=>)\n/g, "");
}

/** A text that is rendered as a whole: what all that is done by pieces must come to. */
export function whole(markdown: string): HTMLElement {
  const page = document.createElement("div");
  page.innerHTML = clean(parser.render(markdown, { references: {} }));
  return page;
}
