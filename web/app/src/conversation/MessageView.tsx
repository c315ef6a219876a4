import { memo, type RefObject, useEffect, useRef, useState } from "react";
import { format, strings } from "../strings.ts";
import { AnswerText, PlainText } from "./AnswerText.tsx";
import type { Conversation } from "./conversation.ts";
import { EditForm } from "./EditForm.tsx";
import type { Entry } from "./entries.ts";
import { MessageActions } from "./MessageActions.tsx";
import { VersionPager } from "./VersionPager.tsx";

interface Props {
  entry: Entry;
  conversation: Conversation;
  agentName: string;
  /** It is being written. */
  isRunning: boolean;
  isLast: boolean;
  /** Drawn in full at once, and not only when it comes near the window. */
  isEager: boolean;
  isSought: boolean;
  version: { n: number; count: number } | undefined;
  /** An answer is being written: nothing can be asked again. */
  isLocked: boolean;
}

/** One message, with what can be done with it. */
export const MessageView = memo(function MessageView(props: Props) {
  const { entry, conversation, agentName, isRunning, isEager, isSought } = props;
  const ref = useRef<HTMLElement>(null);
  const isNear = useNear(ref, isEager);
  const [isEditing, setIsEditing] = useState(false);
  const isUser = entry.role === "user";
  const who = isUser ? strings.conversation.youSaid : strings.conversation.agentSaid(agentName);
  const remark = isUser || isRunning ? undefined : remarkOn(entry);
  const kinds = [isUser ? "from-user" : "from-agent", isSought && "sought", isRunning && "running-answer"];
  return (
    <article
      ref={ref}
      className={["message", ...kinds].filter(Boolean).join(" ")}
      data-id={entry.id}
      tabIndex={-1}
      aria-busy={isRunning || undefined}
    >
      <h2 className="visually-hidden">{who}</h2>
      {isEditing && <EditForm entry={entry} conversation={conversation} onClose={() => setIsEditing(false)} />}
      {!isEditing && isUser && <PlainText text={entry.content} />}
      {!isUser && <AnswerText entry={entry} answer={conversation.answer} isRunning={isRunning} isNear={isNear} />}
      {remark && <p className="remark">{remark}</p>}
      {!isEditing && !isRunning && <Foot {...props} onEdit={() => setIsEditing(true)} />}
    </article>
  );
});

/** What stands under a message: its versions, what can be done, when it was. */
function Foot({ entry, conversation, isLast, isLocked, version, onEdit }: Props & { onEdit: () => void }) {
  return (
    <div className="message-foot">
      {version && version.count > 1 && (
        <VersionPager conversation={conversation} messageId={entry.id} version={version} isLocked={isLocked} />
      )}
      <MessageActions {...{ entry, conversation, isLast, isLocked, onEdit }} />
      <time dateTime={entry.timestamp}>{format.moment(entry.timestamp)}</time>
    </div>
  );
}

/** What a reader must know of an answer that is not whole. */
function remarkOn({ status, content }: Entry): string | undefined {
  if (status === "stopped") return strings.conversation.stopped;
  if (status === "interrupted") return strings.conversation.interrupted;
  if (status === "error") return strings.conversation.failed;
  return content.trim() === "" ? strings.conversation.empty : undefined;
}

/** Whether the element has ever been near the window. */
function useNear(ref: RefObject<HTMLElement | null>, isEager: boolean): boolean {
  const [isNear, setIsNear] = useState(isEager);
  useEffect(() => {
    if (isNear || !ref.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setIsNear(true);
      },
      { root: ref.current.closest(".transcript"), rootMargin: "150% 0%" },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref, isNear]);
  return isNear || isEager;
}
