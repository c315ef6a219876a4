import { useState } from "react";
import { IconButton } from "../components/Button.tsx";
import { sentenceOfError } from "../errors.ts";
import { asApiError } from "../hooks.ts";
import { notify } from "../state/notices.ts";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";
import { copyText } from "./copy.ts";
import type { Entry } from "./entries.ts";
import { FeedbackDialog } from "./FeedbackDialog.tsx";

interface Props {
  entry: Entry;
  conversation: Conversation;
  isLast: boolean;
  isLocked: boolean;
  onEdit: () => void;
}

/** The buttons under a message. */
export function MessageActions({ entry, conversation, isLast, isLocked, onEdit }: Props) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    if (!(await copyText(entry.content))) return;
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), 2000);
  };
  return (
    <div className="message-actions">
      {entry.content !== "" && (
        <IconButton
          icon={isCopied ? "check" : "copy"}
          label={isCopied ? strings.common.copied : strings.conversation.copyMessage}
          onClick={() => void copy()}
        />
      )}
      {entry.role === "user" && !entry.isLocal && !isLocked && (
        <IconButton icon="edit" label={strings.conversation.edit} onClick={onEdit} />
      )}
      {entry.role === "assistant" && !entry.isLocal && <Rating entry={entry} conversation={conversation} />}
      {isLast && !isLocked && (
        <IconButton
          icon="again"
          label={strings.conversation.regenerate}
          onClick={() => void conversation.regenerate()}
        />
      )}
    </div>
  );
}

/** Thumbs: pressed once they rate and ask why, pressed again they take it back. */
function Rating({ entry, conversation }: { entry: Entry; conversation: Conversation }) {
  const [asks, setAsks] = useState<"up" | "down">();
  const given = entry.feedback?.rating;
  const press = async (rating: "up" | "down") => {
    try {
      await conversation.rate(entry.id, { rating: given === rating ? null : rating });
      if (given === rating) notify(strings.conversation.feedbackTaken);
      else setAsks(rating);
    } catch (error) {
      notify(sentenceOfError(asApiError(error)), { isError: true });
    }
  };
  return (
    <>
      {(["up", "down"] as const).map((rating) => (
        <IconButton
          key={rating}
          icon={rating}
          label={rating === "up" ? strings.conversation.good : strings.conversation.bad}
          aria-pressed={given === rating}
          onClick={() => void press(rating)}
        />
      ))}
      {asks && (
        <FeedbackDialog rating={asks} entry={entry} conversation={conversation} onClose={() => setAsks(undefined)} />
      )}
    </>
  );
}
