import { memo, useEffect, useRef, useState } from "react";
import { Markdown } from "../markdown/Markdown.tsx";
import { format, strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";
import { EditForm } from "./EditForm.tsx";
import type { Entry } from "./entries.ts";
import { MessageActions } from "./MessageActions.tsx";
import { VersionPager } from "./VersionPager.tsx";

interface Props {
  entry: Entry;
  conversation: Conversation;
  agentName: string;
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
  const { entry, conversation, agentName, isLast, isEager, isSought, version, isLocked } = props;
  const ref = useRef<HTMLElement>(null);
  const isNear = useNear(ref, isEager);
  const [isEditing, setIsEditing] = useState(false);
  const isUser = entry.role === "user";
  const remark = isUser ? undefined : remarkOn(entry);
  return (
    <article
      ref={ref}
      className={`message ${isUser ? "from-user" : "from-agent"} ${isSought ? "sought" : ""}`}
      data-id={entry.id}
      tabIndex={-1}
    >
      <h2 className="visually-hidden">
        {isUser ? strings.conversation.youSaid : strings.conversation.agentSaid(agentName)}
      </h2>
      {isEditing && <EditForm entry={entry} conversation={conversation} onClose={() => setIsEditing(false)} />}
      {!isEditing && (
        <div className="bubble">
          {isUser || !isNear ? (
            <p className="plain" dir="auto">
              {entry.content}
            </p>
          ) : (
            <Markdown text={entry.content} />
          )}
        </div>
      )}
      {remark && <p className="remark">{remark}</p>}
      {!isEditing && (
        <div className="message-foot">
          {isUser && version && version.count > 1 && (
            <VersionPager conversation={conversation} messageId={entry.id} version={version} isLocked={isLocked} />
          )}
          <MessageActions
            entry={entry}
            conversation={conversation}
            isLast={isLast}
            isLocked={isLocked}
            onEdit={() => setIsEditing(true)}
          />
          <time dateTime={entry.timestamp}>{format.moment(entry.timestamp)}</time>
        </div>
      )}
    </article>
  );
});

/** What a reader must know of an answer that is not whole. */
function remarkOn({ status, content }: Entry): string | undefined {
  if (status === "stopped") return strings.conversation.stopped;
  if (status === "interrupted") return strings.conversation.interrupted;
  if (status === "error") return strings.conversation.failed;
  return content.trim() === "" ? strings.conversation.empty : undefined;
}

/** Whether the element has ever been near the window. */
function useNear(ref: React.RefObject<HTMLElement | null>, isEager: boolean): boolean {
  const [isNear, setIsNear] = useState(isEager);
  useEffect(() => {
    if (isNear || !ref.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setIsNear(true);
      },
      { rootMargin: "100% 0%" },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref, isNear]);
  return isNear || isEager;
}
