import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import diff from "highlight.js/lib/languages/diff";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import type { Coloured } from "./highlighting.ts";

const known = { bash, diff, json, python, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(known)) hljs.registerLanguage(name, language);
// TypeScript's grammar has all of JavaScript's, which would be as large again.
hljs.registerAliases(["javascript", "js", "jsx", "mjs", "cjs"], { languageName: "typescript" });

/** Code as HTML, escaped, with its words in spans; undefined for a language that is not here. */
export function highlightCode(code: string, language: string): Coloured | undefined {
  const grammar = hljs.getLanguage(language);
  if (!grammar) return undefined;
  const { value, _top } = hljs.highlight(code, { language, ignoreIllegals: true });
  return { html: value, isWhole: _top === grammar };
}
