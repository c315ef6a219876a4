/** What one tab tells the others of the same browser. */
export type Word =
  | { type: "signed-in"; userId: string }
  | { type: "signed-out" }
  /** The list of chats is not what it was. */
  | { type: "chats-changed" }
  /** An answer began or ended in a chat, or its messages are others now. */
  | { type: "chat-changed"; chatId: string };

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("chatstream") : undefined;

/** Tell the other tabs. Where tabs can not talk, they look again when they get the focus. */
export function tellTabs(word: Word): void {
  channel?.postMessage(word);
}

/** Listen to the other tabs; returns what ends the listening. */
export function onWord(listener: (word: Word) => void): () => void {
  const hear = (event: MessageEvent<Word>) => listener(event.data);
  channel?.addEventListener("message", hear);
  return () => channel?.removeEventListener("message", hear);
}

/** Call when the page comes into view again, or the network is back; returns what ends it. */
export function onReturn(listener: () => void): () => void {
  let soon: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(soon); // a return is told of by several events at once
    if (document.visibilityState === "visible") soon = setTimeout(listener, 50);
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
  window.addEventListener("online", look);
  return () => {
    clearTimeout(soon);
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("focus", look);
    window.removeEventListener("online", look);
  };
}
