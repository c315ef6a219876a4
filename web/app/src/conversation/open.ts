import { useEffect } from "react";
import { onReturn, onWord } from "../state/tabs.ts";
import { Conversation } from "./conversation.ts";

/** So many are kept when nobody looks at them, besides those with a running answer. */
const KEPT = 5;

/** The conversations of this tab, the one that was looked at last at the end. */
const open = new Map<string, Conversation>();

/** The conversation of a chat; made, and loaded, where this tab has none. */
export function conversationOf(id: string): Conversation {
  const conversation = open.get(id) ?? new Conversation(id);
  open.delete(id);
  open.set(id, conversation);
  for (const [other, { state }] of [...open].slice(0, -KEPT)) {
    if (state.get().isAnswering) continue;
    open.get(other)?.close();
    open.delete(other);
  }
  return conversation;
}

/** The conversation of a chat, if this tab has it. */
export function knownConversation(id: string): Conversation | undefined {
  return open.get(id);
}

/** Forget a chat that is gone. */
export function closeConversation(id: string): void {
  open.get(id)?.close();
  open.delete(id);
}

/** Forget everything: another user is here. */
export function closeConversations(): void {
  for (const id of [...open.keys()]) closeConversation(id);
}

/** Keep the conversation that is looked at to what the server and the other tabs know. */
export function useFresh(conversation: Conversation): void {
  useEffect(() => {
    void conversation.refresh();
    const ends = [
      onReturn(() => void conversation.refresh()),
      onWord((word) => {
        const isOurs = word.type === "chat-changed" && word.chatId === conversation.id;
        if (isOurs || word.type === "chats-changed") void conversation.refresh();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [conversation]);
}
