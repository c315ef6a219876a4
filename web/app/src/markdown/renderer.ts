import MarkdownIt, { type Env, type Token } from "markdown-it";
import { strings } from "../strings.ts";
import { highlight } from "./highlighting.ts";

/** What definitions of links a text has; they count in all of its blocks. */
export type References = { references: NonNullable<Env["references"]> };

/** Raw HTML in a text stays text. */
function makeParser() {
  const made = new MarkdownIt({ html: false, linkify: true });
  made.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  return made;
}

export const parser = makeParser();

// The same in two steps: the blocks, which is quick, and later what stands in those of them that are needed.
const outer = makeParser();
outer.core.ruler.disable(["inline", "linkify", "replacements", "smartquotes", "text_join"]);
const inner = makeParser();
inner.core.ruler.disable(["normalize", "block"]);

/** The blocks of a piece of markdown. What stands in them is not parsed yet; the definitions are. */
export function blocksOf(source: string, env: References): Token[] {
  return outer.parse(source, env);
}

/** Some of its tokens as HTML, not sanitised. To be asked once for each token. */
export function renderRange(tokens: Token[], from: number, to: number, env: References): string {
  const state = new inner.core.State("", inner, env);
  state.tokens = tokens.slice(from, to);
  inner.core.process(state);
  const { renderer, options } = parser;
  let html = "";
  for (let index = from; index < to; index += 1) {
    const token = tokens[index];
    const rule = token && rules[token.type];
    if (token?.type === "inline") html += renderer.renderInline(token.children ?? [], options, env);
    else if (rule) html += rule(tokens, index, options, env, renderer);
    else html += renderer.renderToken(tokens, index, options);
  }
  return html;
}

const { rules } = parser.renderer;
export const { escapeHtml } = parser.utils;

// A picture from elsewhere would tell its server who reads what, and when; the policy of the page does not load any.
rules.image = (tokens, index) => {
  const token = tokens[index];
  const text = escapeHtml(strings.conversation.imageLink(token?.content || String(token?.attrGet("title") ?? "")));
  const href = escapeHtml(String(token?.attrGet("src") ?? ""));
  return `<a href="${href}" class="image-link" ${ELSEWHERE}>${text}</a>`;
};

const ELSEWHERE = 'target="_blank" rel="noopener noreferrer nofollow"';

rules.link_open = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  token?.attrSet("target", "_blank");
  token?.attrSet("rel", "noopener noreferrer nofollow");
  return self.renderToken(tokens, index, options);
};

// Code within other blocks. That of the top level is coloured by pieces, see colouring.ts.
rules.fence = (tokens, index) => {
  const token = tokens[index];
  return token ? codeBlock(token.content, languageOf(token), isClosed(token)) : "";
};
rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "", true);

/** The language that a fence names. */
export function languageOf({ info }: Token): string {
  return /^[\w+#.-]{1,30}/.exec(info.trim())?.[0] ?? "";
}

/** Whether a fence has its last line; before that, its code may be growing. */
export function isClosed({ content, map }: Token): boolean {
  const lines = content === "" ? 0 : content.replace(/\n$/, "").split("\n").length;
  return map !== null && map[1] - map[0] === lines + 2;
}

/** So many characters of code within other blocks get colours: that is done anew with each piece that comes. */
const LIMIT = 1500;

function codeBlock(code: string, language: string, isClosed: boolean): string {
  const end = code.length <= LIMIT ? code.length : isClosed ? 0 : code.lastIndexOf("\n", LIMIT) + 1;
  const coloured = highlight(code.slice(0, end), language)?.html;
  return codeFrame(coloured === undefined ? escapeHtml(code) : coloured + escapeHtml(code.slice(end)), language);
}

/** `shown`: the code as HTML. */
export function codeFrame(shown: string, language: string): string {
  const label = escapeHtml(strings.conversation.codeLabel(language));
  return (
    `<div class="code"><div class="code-head"><span>${escapeHtml(language)}</span>` +
    `<button type="button" class="copy-code" aria-label="${escapeHtml(strings.conversation.copyCode)}">` +
    `${escapeHtml(strings.conversation.copy)}</button></div>` +
    `<pre tabindex="0" role="group" aria-label="${label}" dir="ltr"><code>` +
    `${shown}</code></pre></div>\n`
  );
}

// A wide table scrolls by itself. Its alignment is a class: the page's policy knows no styles in attributes.
rules.table_open = () =>
  `<div class="md-table" tabindex="0" role="group" aria-label="${escapeHtml(strings.conversation.tableLabel)}"><table>\n`;
rules.table_close = () => "</table></div>\n";
for (const cell of ["th_open", "td_open"] as const) {
  rules[cell] = (tokens, index, options, _env, self) => {
    const token = tokens[index];
    const align = /text-align:(\w+)/.exec(String(token?.attrGet("style") ?? ""))?.[1];
    if (token) token.attrs = align ? [["class", `align-${align}`]] : null;
    return self.renderToken(tokens, index, options);
  };
}
