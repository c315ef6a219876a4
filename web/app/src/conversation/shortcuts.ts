import { useEffect } from "react";
import { isCovered } from "../shell/shortcuts.ts";
import type { Conversation } from "./conversation.ts";
import { copyText } from "./copy.ts";

/** The keys of a conversation: stop, copy the last answer, to the message field. */
export function useConversationShortcuts(conversation: Conversation): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isCovered()) return;
      const act = actOf(event, conversation);
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [conversation]);
}

function actOf(event: KeyboardEvent, conversation: Conversation): (() => void) | undefined {
  if (event.key === "Escape" && event.shiftKey) return () => document.getElementById("composer")?.focus();
  if (event.key === "Escape" && conversation.state.get().isAnswering) return () => void conversation.stop();
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.shiftKey && (event.key === ";" || event.key === ":")) {
    const last = conversation.state.get().entries.findLast(({ role }) => role === "assistant");
    return last && (() => void copyText(last.content));
  }
  return undefined;
}
