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
        <Block key={index} html={html} />
      ))}
    </div>
  );
});

const Block = memo(function Block({ html }: { html: string }) {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it comes from clean() in sanitize.ts
  return <div dir="auto" dangerouslySetInnerHTML={{ __html: html }} />;
});
