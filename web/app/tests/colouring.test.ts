import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CodeColouring } from "../src/markdown/colouring.ts";
import { MarkdownDocument } from "../src/markdown/document.ts";
import { highlighter } from "../src/markdown/highlighting.ts";
import { highlightCode } from "../src/markdown/languages.ts";
import { essence, shown } from "./shown.ts";

const root = join(import.meta.dirname, "../../..");
const line = 'x = "words"\n';

beforeAll(() => highlighter.set(highlightCode));
afterAll(() => highlighter.set(undefined));

/** Code that grows by `step` characters, as HTML at the end. */
function grown(code: string, language: string, step: number, colouring = new CodeColouring()): string {
  let html: string[] = [];
  for (let end = step; end < code.length + step; end += step) {
    html = colouring.update(code.slice(0, end), language, end >= code.length, { slices: 2 });
  }
  while (colouring.isBehind) html = colouring.update(code, language, true, { slices: 2 });
  return html.join("");
}

function text(html: string): string {
  const place = document.createElement("div");
  place.innerHTML = html;
  return place.textContent ?? "";
}

describe("slices have the colours of the whole", () => {
  test.each([
    ["chatstream/http/web_app.py", "python"],
    ["gunicorn.conf.py", "python"],
    ["web/client/src/stream.ts", "typescript"],
    ["web/app/src/conversation/conversation.ts", "ts"],
    ["web/app/src/conversation/Transcript.tsx", "jsx"],
    ["web/package-lock.json", "json"],
    ["web/app/index.html", "html"],
    ["deploy/prometheus/alerts.yml", "yaml"],
    [".ci/run", "bash"],
  ])("%s", (path, language) => {
    const code = readFileSync(join(root, path), "utf-8").slice(0, 12_000);
    const whole = highlightCode(code, language)?.html ?? "";
    expect(grown(code, language, 97)).toBe(whole);
    expect(grown(code, language, code.length)).toBe(whole);
  });
});

test("little is coloured at a time, and not again when more comes", () => {
  const spy = vi.fn(highlightCode);
  highlighter.set(spy);
  grown(line.repeat(1000), "python", 40);
  highlighter.set(highlightCode);
  const sizes = spy.mock.calls.map(([code]) => code.length);
  expect(Math.max(...sizes)).toBeLessThan(1500);
  expect(sizes.reduce((sum, size) => sum + size) / (12_000 / 40)).toBeLessThan(800); // each time that more came
});

test("a string over many lines keeps its colour, and what never ends becomes plain", () => {
  const documented = `"""${"words\n".repeat(400)}"""\n${line.repeat(100)}`;
  expect(grown(documented, "python", 11)).toBe(highlightCode(documented, "python")?.html);
  const endless = `"""${"<b> words\n".repeat(2000)}`;
  const html = grown(endless, "python", 500);
  expect(text(html)).toBe(endless);
  expect(html).not.toContain("<b>");
  expect(html.endsWith("words\n")).toBe(true);
});

test("one long line is plain, and harmless", () => {
  const long = '<img src=x onerror="alert(1)">'.repeat(400);
  const html = grown(long, "xml", 700);
  expect(text(html)).toBe(long);
  expect(html).not.toContain("<img");
});

test("other code, or another language, begins anew", () => {
  const colouring = new CodeColouring();
  grown(line.repeat(300), "python", 50, colouring);
  const other = "let a = 'b';\n".repeat(200);
  expect(grown(other, "js", 50, colouring)).toBe(highlightCode(other, "js")?.html);
});

describe("on the page", () => {
  const LINES = 300;
  const closed = `Look:\n\`\`\`python\n${line.repeat(LINES)}\`\`\`\n\nend\n`;

  test("long code that is there at once gets its colours one after the other", () => {
    const loaded = new MarkdownDocument();
    const page = shown(loaded.update(closed));
    const coloured = () => page.querySelectorAll(".hljs-string").length;
    const first = page.querySelector("code > span");
    expect(page.querySelector("pre")?.textContent).toBe(line.repeat(LINES));
    let before = coloured();
    expect(before).toBeLessThan(250);
    while (loaded.isBehind) {
      shown(loaded.update(closed), page);
      expect(coloured() - before).toBeLessThan(250);
      expect(coloured()).toBeGreaterThan(before);
      before = coloured();
    }
    expect(coloured()).toBe(LINES);
    expect(page.querySelector("code > span")).toBe(first);
    expect(page.querySelector("pre")?.textContent).toBe(line.repeat(LINES));
  });

  test("the end of the fence leaves alone what has its colours", () => {
    const growing = new MarkdownDocument();
    const page: HTMLElement = document.createElement("div");
    let first: ChildNode | null | undefined;
    for (let end = 1; end < closed.length + 60; end += 60) {
      shown(growing.update(closed.slice(0, end)), page);
      if (end > 1500) {
        first ??= page.querySelector("code > span")?.firstChild;
        expect(page.querySelector("code > span")?.firstChild).toBe(first);
      }
    }
    expect(page.querySelectorAll(".hljs-string").length).toBe(LINES);
    expect(growing.isBehind).toBe(false);
    expect(essence(shown(new MarkdownDocument().update(closed)))).toContain("hljs-string");
  });

  test("two fences in one block have colours of their own", () => {
    const two = `\`\`\`python\n${line}\`\`\`\n\`\`\`js\nlet a = 1;\n\`\`\`\n`;
    const growing = new MarkdownDocument();
    let page: HTMLElement = document.createElement("div");
    for (let end = 1; end <= two.length; end += 1) page = shown(growing.update(two.slice(0, end)), page);
    expect([...page.querySelectorAll("pre")].map(({ textContent }) => textContent)).toEqual([line, "let a = 1;\n"]);
    expect(page.querySelectorAll(".hljs-keyword").length).toBe(1);
  });

  test("within a list, code of some length has colours and longer code has none", () => {
    const page = (times: number) =>
      shown(new MarkdownDocument().update(`- item\n\n  ~~~python\n${`  ${line}`.repeat(times)}  ~~~\n`));
    expect(page(50).querySelectorAll(".hljs-string").length).toBe(50);
    expect(page(500).querySelectorAll(".hljs-string").length).toBe(0);
    expect(page(500).querySelector("pre")?.textContent).toBe(line.repeat(500));
  });
});
