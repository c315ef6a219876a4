import MarkdownIt, { type Env, type Token } from "markdown-it";
import { strings } from "../strings.ts";
import { highlight } from "./highlighting.ts";
import { clean } from "./sanitize.ts";

/** What definitions of links a text has; they count in all of its blocks. */
export type References = { references: NonNullable<Env["references"]> };

/** Raw HTML in a text stays text. */
export const parser = new MarkdownIt({ html: false, linkify: true });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** A piece of markdown as HTML that is safe to show. Definitions are read from `env`, and those found are added. */
export function render(source: string, env: References): string {
  return clean(parser.render(source, env));
}

const { rules } = parser.renderer;
const { escapeHtml } = parser.utils;

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

rules.fence = (tokens, index) => {
  const token = tokens[index];
  const language = /^[\w+#.-]{1,30}/.exec(token?.info.trim() ?? "")?.[0] ?? "";
  const code = token?.content ?? "";
  return codeBlock(code, language, token && isClosed(token) ? code.length : endOfBeginning(code));
};
rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "");

/** So many characters of code that grows have colours: all of it anew with each piece would take ever longer. */
const BEGINNING = 1500;

function endOfBeginning(code: string): number {
  return code.length > BEGINNING ? code.lastIndexOf("\n", BEGINNING) + 1 : code.length;
}

/** Whether a fence has its last line; before that, its code may be growing. */
function isClosed({ content, map }: Token): boolean {
  const lines = content === "" ? 0 : content.replace(/\n$/, "").split("\n").length;
  return map !== null && map[1] - map[0] === lines + 2;
}

/** `colourEnd`: up to where the code may have colours. */
function codeBlock(code: string, language: string, colourEnd = code.length): string {
  const coloured = highlight(code.slice(0, colourEnd), language);
  const shown = coloured === undefined ? escapeHtml(code) : coloured + escapeHtml(code.slice(colourEnd));
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
