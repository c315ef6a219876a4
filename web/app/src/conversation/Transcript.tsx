import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { Button, IconButton } from "../components/Button.tsx";
import { ErrorNote, Loading } from "../components/Notes.tsx";
import { useStore } from "../state/store.ts";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";
import { onCopyCode } from "./copy.ts";
import { useJump } from "./jump.ts";
import { MessageView } from "./MessageView.tsx";
import { useScrolling } from "./scrolling.ts";

/** Messages that are farther from the end are shown as plain text until they come near the window. */
const EAGER = 60;
/** Older messages are loaded when one comes so near to the first. */
const NEAR_TOP_PX = 800;

/** What was said, the oldest at the top. */
export function Transcript({ conversation, agentName }: { conversation: Conversation; agentName: string }) {
  const state = useStore(conversation.state);
  const { entries, hasMore, isLoadingOlder, olderError, isAnswering } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useScrolling(scroller, content, entries[0]?.key);
  const sought = useJump(conversation, scroller);
  useSentToEnd(isAnswering, toEnd);
  // The answer has one element from its first token to the stored message: nothing of it is made twice.
  const running = isAnswering ? conversation.answer.placeholder : undefined;
  const shown = running ? [...entries, running] : entries;

  useEffect(() => {
    const element = scroller.current;
    const onScroll = () => {
      if (element && element.scrollTop < NEAR_TOP_PX) void conversation.loadOlder();
    };
    element?.addEventListener("scroll", onScroll, { passive: true });
    return () => element?.removeEventListener("scroll", onScroll);
  }, [conversation]);

  return (
    <div className="transcript-frame">
      <section
        ref={scroller}
        className="transcript"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={strings.conversation.messages}
        onClick={onCopyCode}
        onKeyDown={ignore}
      >
        <div ref={content} className="transcript-content">
          {isLoadingOlder && <Loading label={strings.conversation.older} />}
          <ErrorNote error={olderError} onRetry={() => void conversation.loadOlder()} />
          {hasMore && !isLoadingOlder && !olderError && (
            <Button look="quiet" className="load-older" onClick={() => void conversation.loadOlder()}>
              {strings.conversation.loadOlder}
            </Button>
          )}
          {shown.map((entry, index) => (
            <MessageView
              key={entry.key}
              entry={entry}
              conversation={conversation}
              agentName={agentName}
              isRunning={entry === running}
              isLast={index === shown.length - 1}
              isEager={shown.length - index <= EAGER}
              isSought={sought === entry.id}
              version={state.versions[entry.id]}
              isLocked={isAnswering}
            />
          ))}
        </div>
      </section>
      {!isAtEnd && (
        <IconButton icon="arrowDown" label={strings.conversation.toNewest} className="to-newest" onClick={toEnd} />
      )}
    </div>
  );
}

/** The click is for the copy buttons in the text, which the keyboard presses by itself. */
function ignore(_event: KeyboardEvent): void {}

/** Whoever asks wants to see the answer. */
function useSentToEnd(isAnswering: boolean, toEnd: () => void): void {
  const before = useRef(isAnswering);
  useLayoutEffect(() => {
    // In the frame that follows: to ask for the height at once would lay out the page within the press of the key.
    if (isAnswering && !before.current) requestAnimationFrame(toEnd);
    before.current = isAnswering;
  }, [isAnswering, toEnd]);
}
