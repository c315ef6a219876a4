import { memo, useMemo } from "react";
import { useStore } from "../state/store.ts";
import { MarkdownDocument } from "./document.ts";
import { highlighter } from "./highlighting.ts";

/** Markdown on the page. When the text grows, the blocks that are complete stay as they are. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const colours = useStore(highlighter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with colours, all is rendered anew
  const document = useMemo(() => new MarkdownDocument(), [colours]);
  const blocks = document.update(text);
  return (
    <div className="markdown" dir="auto">
      {blocks.map((html, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added at the end
        <Block key={index} html={html} isAfterRule={blocks[index - 1]?.endsWith(RULE) === true} />
      ))}
    </div>
  );
});

/** The space after a rule is that of the rule, which does not reach out of its block: the next one is told. */
const RULE = "<hr>\n";

const Block = memo(function Block({ html, isAfterRule }: { html: string; isAfterRule: boolean }) {
  const className = isAfterRule ? "after-rule" : undefined; // :has() would cost a look at all of them
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it comes from clean() in sanitize.ts
  return <div dir="auto" className={className} dangerouslySetInnerHTML={{ __html: html }} />;
});
