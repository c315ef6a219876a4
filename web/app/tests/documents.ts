import fc from "fast-check";

/** Lines that together make every block of markdown, and the doubtful cases between them. */
const LINES = [
  ...[
    "",
    "",
    "",
    "text",
    "more text",
    "# heading",
    "---",
    "- - -",
    "***",
    "===",
    "-",
    "> quote",
    "> - a",
    "> ```",
    ">",
  ],
  ...["- a", "- b", "* c", "+ d", "1. a", "2. b", "3) c", "10. ten", "-", "- ", "1.", "-\ttab", "-     code", "   - d"],
  ...[
    "  - inner",
    "    - deep",
    "  text",
    "   text",
    "    code",
    "\tcode",
    " x",
    "```",
    "```js",
    "~~~",
    "  ```",
    "   ```",
  ],
  ...["    ```", "````", "- ```", "1. ```js", "- - ```", "- > q", "| a | b |", "|---|:-:|", "| 1 | 2 |", "`` ` ``"],
  ...[
    "<div>",
    "<!-- x",
    "-->",
    "[a]: /b",
    "[a]",
    "[x][a]",
    "  ~~~ ",
    "```` js",
    "``` `",
    "* * *",
    "1986. year",
    "\\",
    "&amp;",
  ],
];

/** Texts of such lines. */
export const documents = fc.array(fc.constantFrom(...LINES), { maxLength: 24 }).map((lines) => lines.join("\n"));
