import fc from "fast-check";
import { expect, test } from "vitest";
import { type Part, partsOf } from "../src/markdown/parts.ts";
import { parser } from "../src/markdown/renderer.ts";
import { documents } from "./documents.ts";

/** The HTML of parts put together again. */
function joined(parts: Part[]): string {
  return parts
    .map((part) => {
      if (part.kind === "whole") return part.block.html();
      const place = part.kind === "code" ? "</code>" : part.tag === "tr" ? "</tbody>" : /<.[ou]l>\n$/;
      const inner =
        part.kind === "code"
          ? parser.utils.escapeHtml(part.code)
          : part.pieces.map(({ html }) => `<${part.tag}>${html()}</${part.tag}>`).join("");
      return part.frame.html().replace(place, (end) => inner + end);
    })
    .join("");
}

/** Without the ends of lines beside tags, which the page does not show. */
function trimmed(html: string): string {
  return html.replace(/\n+(?=<)|(?<=>)\n+/g, "");
}

test("the parts of a text are the whole", () => {
  fc.assert(
    fc.property(documents, (text) => {
      expect(trimmed(joined(partsOf(text, { references: {} })))).toBe(trimmed(parser.render(text, { references: {} })));
    }),
    { numRuns: 20_000 },
  );
}, 60_000);

test("long lists, tables and code have their pieces", () => {
  const kinds = (text: string) =>
    partsOf(text, { references: {} }).map((part) => [part.kind, part.kind === "series" ? part.pieces.length : 1]);
  expect(kinds("Look:\n- a\n- b\n  - c\n- d\n")).toEqual([
    ["whole", 1],
    ["series", 3],
  ]);
  expect(kinds("|a|\n|-|\n")).toEqual([["whole", 1]]);
  expect(kinds("|a|\n|-|\n|b|\n|c|\n# d\n```js\nx")).toEqual([
    ["series", 2],
    ["whole", 1],
    ["code", 1],
  ]);
});
