import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Button } from "../components/Button.tsx";
import { strings } from "../strings.ts";
import type { Conversation } from "./conversation.ts";
import type { Entry } from "./entries.ts";

interface Props {
  entry: Entry;
  conversation: Conversation;
  onClose: () => void;
}

/** A message of the user, to be sent in other words. */
export function EditForm({ entry, conversation, onClose }: Props) {
  const [text, setText] = useState(entry.content);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const send = async () => {
    if (text.trim() === "") return;
    onClose();
    await conversation.edit(entry.id, text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onClose();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <form
      className="edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        ref={field}
        className="input"
        dir="auto"
        rows={Math.min(12, text.split("\n").length + 1)}
        maxLength={32_000}
        value={text}
        aria-label={strings.conversation.editLabel}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="dialog-actions">
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button type="submit" look="primary" disabled={text.trim() === ""}>
          {strings.conversation.editSend}
        </Button>
      </div>
    </form>
  );
}
