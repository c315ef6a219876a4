import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MarkdownDocument } from "../src/markdown/document.ts";
import { documents } from "./documents.ts";
import { essence, shown, whole } from "./shown.ts";

const WHOLE =
  "# A\n\ntext with [a link][x]\n\n- one\n\n- two\n\n```js\nlet a\n\nlet b\n```\n\n[x]: https://example.org\n\nend\n";

/** The page after each of some pieces, and at the end. */
function grown(pieces: string[], look: (page: HTMLElement) => void = () => {}): HTMLElement {
  const growing = new MarkdownDocument();
  const page = document.createElement("div");
  let text = "";
  for (const piece of pieces) {
    text += piece;
    look(shown(growing.update(text), page));
  }
  return page;
}

test("what has grown is the whole", () => {
  const page = grown([...WHOLE]);
  expect(essence(page)).toBe(essence(whole(WHOLE)));
  expect(page.innerHTML).toContain('href="https://example.org"');
});

test("whatever the text, and however it came", () => {
  fc.assert(
    fc.property(documents, fc.array(fc.integer({ min: 4, max: 60 }), { minLength: 1, maxLength: 8 }), (text, steps) => {
      const pieces: string[] = [];
      for (let at = 0, turn = 0; at < text.length; turn += 1) {
        const step = steps[turn % steps.length] ?? 1;
        pieces.push(text.slice(at, at + step));
        at += step;
      }
      expect(essence(grown(pieces))).toBe(essence(whole(text)));
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("finished blocks are left alone, but for a definition that comes late", () => {
  const growing = new MarkdownDocument();
  const before = growing.update(WHOLE.slice(0, WHOLE.indexOf("[x]:")));
  const after = growing.update(WHOLE);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toEqual(before[1]);
  expect(after[2]).toBe(before[2]);
});

describe("of what is long, only the end is written", () => {
  test.each([
    ["a list", "Look:\n", "- **item** with `code`\n", "ul > li"],
    ["a loose list", "", "3. item\n\n", "ol > li"],
    ["a table", "| a | b |\n|---|--:|\n", "| 1 | **2** |\n", "tbody > tr"],
  ])("%s", (_, begin, line, selector) => {
    const first = new Map<number, Element>();
    let inside: ChildNode | null | undefined;
    const page = grown([begin, ...Array<string>(100).fill(line), "\n", "end\n"], (page) => {
      const found = page.querySelectorAll(selector);
      const [one] = found;
      if (one && found.length > 2) {
        first.set(found.length, one);
        inside ??= one.firstChild;
        expect(one.firstChild).toBe(inside);
      }
    });
    expect(new Set(first.values()).size).toBe(1);
    expect(essence(page)).toBe(essence(whole(`${begin}${line.repeat(100)}\nend\n`)));
  });

  test("a list that becomes loose changes all of its items", () => {
    const page = grown(["- a\n", "- b\n", "- c\n", "\n- d\n"]);
    expect([...page.querySelectorAll("li")].map(({ innerHTML }) => innerHTML.trim())).toEqual([
      "<p>a</p>",
      "<p>b</p>",
      "<p>c</p>",
      "<p>d</p>",
    ]);
  });
});

test("it begins anew when it does not go on", () => {
  const growing = new MarkdownDocument();
  growing.update("one\n\ntwo\n\nthree");
  expect(growing.update("other")).toEqual([{ html: "<p>other</p>\n" }]);
});

test("lines may have any ends", () => {
  const parts = fc.array(fc.constantFrom("a", "\r", "\n", "\r\n", "- b", "```", "    c"), { maxLength: 20 });
  fc.assert(
    fc.property(parts, (pieces) => {
      expect(essence(grown(pieces))).toBe(essence(whole(pieces.join(""))));
    }),
  );
});
