import { memo, useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "react";
import { useStore } from "../state/store.ts";
import { type Block, MarkdownDocument } from "./document.ts";
import { highlighter } from "./highlighting.ts";
import { whenIdle } from "./idle.ts";
import { fill } from "./pieces.ts";

/** Markdown on the page. When the text grows, the blocks that are complete stay as they are. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const colours = useStore(highlighter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with colours, all is rendered anew
  const document = useMemo(() => new MarkdownDocument(), [colours]);
  const blocks = document.update(text);
  const [, goOn] = useReducer((times: number) => times + 1, 0);
  useEffect(() => (document.isBehind ? whenIdle(goOn) : undefined));
  return (
    <div className="markdown" dir="auto">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only added at the end
        <OneBlock key={index} {...block} isAfterRule={blocks[index - 1]?.html.endsWith(RULE) === true} />
      ))}
    </div>
  );
});

/** The space after a rule is that of the rule, which does not reach out of its block: the next one is told. */
const RULE = "<hr>\n";

const OneBlock = memo(function OneBlock({ html, pieces, isAfterRule }: Block & { isAfterRule: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const inner = useMemo(() => ({ __html: html }), [html]); // React writes each object that is new to it
  useLayoutEffect(() => {
    if (place.current && pieces) fill(place.current, pieces.tag, pieces.html);
  }, [pieces]);
  const className = isAfterRule ? "after-rule" : undefined; // :has() would cost a look at all of them
  // biome-ignore lint/security/noDangerouslySetInnerHtml: it comes from sanitize.ts
  return <div ref={place} dir="auto" className={className} dangerouslySetInnerHTML={inner} />;
});
