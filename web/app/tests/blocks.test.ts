import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockSplitter } from "../src/markdown/blocks.ts";
import { parser, type References } from "../src/markdown/renderer.ts";
import { documents } from "./documents.ts";

/** The blocks of a text that comes in pieces, the unfinished one last. */
function split(...pieces: string[]): string[] {
  const splitter = new BlockSplitter();
  for (const piece of pieces) splitter.append(piece);
  return [...splitter.blocks, splitter.tail].filter((block) => block !== "");
}

function rendered(text: string, env: References): string {
  return parser.render(text, env);
}

describe("where it cuts", () => {
  test.each([
    ["paragraphs", "a\n\nb\n\nc", ["a\n\n", "b\n\n", "c"]],
    ["a fence with blank lines", "```\na\n\nb\n```\n\nc", ["```\na\n\nb\n```\n\n", "c"]],
    ["a fence without an end", "```js\na\n\nb", ["```js\na\n\nb"]],
    ["a longer fence round a shorter one", "````\n```\n\nx\n````\n\ny", ["````\n```\n\nx\n````\n\n", "y"]],
    ["a loose list", "- a\n\n- b\n\nc", ["- a\n\n- b\n\n", "c"]],
    ["an item of several paragraphs", "1. a\n\n   b\n\nc", ["1. a\n\n   b\n\n", "c"]],
    ["code in an item", "- a\n  ```\n  x\n\n  y\n  ```\n\nc", ["- a\n  ```\n  x\n\n  y\n  ```\n\n", "c"]],
    [
      "code that begins an item",
      "- ```js\n  x\n\n  y\n  ```\n\nc\n\nd",
      ["- ```js\n  x\n\n  y\n  ```\n\n", "c\n\n", "d"],
    ],
    ["indented code", "a\n\n    x\n\n    y\n\nb", ["a\n\n    x\n\n    y\n\n", "b"]],
    ["a table", "|a|\n|-|\n|b|\n\nc", ["|a|\n|-|\n|b|\n\n", "c"]],
    ["a rule after a list", "- a\n\n---\n\nb", ["- a\n\n", "---\n\n", "b"]],
    ["a fence under a heading that ended a list", "- a\n# b\n  ```\nx\n\ny\n  ```", ["- a\n# b\n  ```\nx\n\ny\n  ```"]],
    ["a fence after an empty item", "-\n\n  ```\nx\n\ny\n  ```", ["-\n\n  ```\nx\n\ny\n  ```"]],
    ["a heading after a list", "- a\n\n# b\n\nc", ["- a\n\n", "# b\n\n", "c"]],
  ])("%s", (_, text, blocks) => {
    const last = blocks.length - 1;
    expect(split(`${text}\n`)).toEqual(blocks.map((block, index) => (index === last ? `${block}\n` : block)));
  });

  test("the line that is being written is not looked at: it may become anything", () => {
    expect(split("a\n\n", "-")).toEqual(["a\n\n-"]);
    expect(split("a\n\n", "-", " b\n")).toEqual(["a\n\n", "- b\n"]);
  });
});

test("the blocks rendered one by one are the whole rendered at once", () => {
  fc.assert(
    fc.property(documents, (text) => {
      const whole: References = { references: {} };
      const expected = rendered(text, whole);
      // Definitions of the whole text count in each block, as they do on the page.
      const joined = split(text).map((block) => rendered(block, { references: { ...whole.references } }));
      expect(joined.join("")).toBe(expected);
    }),
    { numRuns: 20_000 },
  );
}, 60_000);

test("how the text is cut into pieces does not matter", () => {
  fc.assert(
    fc.property(documents, fc.array(fc.nat(400), { maxLength: 12 }), (text, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      expect(split(...pieces)).toEqual(split(text));
      expect(split(...pieces).join("")).toBe(text);
    }),
  );
});
