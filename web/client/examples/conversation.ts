import { ApiError, createClient, type Events, type Message, type OpenChat, withEvent } from "@chatstream/client";

const client = createClient();

/** Shows a chat, and the answer that is being written in it, if any. */
export async function open(chatId: string, signal: AbortSignal): Promise<void> {
  const chat = await client.request<OpenChat>("GET", `/api/chats/${chatId}`, { signal });
  showMessages(chat.messages, chat.has_more);
  if (chat.generation) await show(chatId, client.follow(chatId, { signal }));
}

/** Sends a message. `key` was made when the user wrote it and kept with the draft: a reload may send it again. */
export async function send(chatId: string, text: string, key: string, signal: AbortSignal): Promise<void> {
  await show(chatId, client.send(chatId, text, { idempotencyKey: key, signal }));
}

async function show(chatId: string, events: Events): Promise<void> {
  let text = "";
  let ended = false;
  try {
    for await (const event of events) {
      text = withEvent(text, event);
      if (event.type === "status") showStatus(event.data.description);
      else if (event.type === "error") showFailure(event.data.code, event.data.message);
      else showAnswer(text); // keep it and draw every 50 to 100 ms: an event may come each few milliseconds
      ended = event.type === "done";
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // the signal was aborted
    showFailure(error.code, error.detail);
  }
  if (ended) return;
  // It failed or was interrupted: what is stored is in the chat.
  const chat = await client.request<OpenChat>("GET", `/api/chats/${chatId}`);
  showMessages(chat.messages, chat.has_more);
}

client.on("connection", (state) => showStatus(state === "retrying" ? "Reconnecting…" : ""));
client.on("signed-out", () => location.assign("/sign-in"));

declare function showMessages(messages: Message[], hasMore: boolean): void;
declare function showAnswer(text: string): void;
declare function showStatus(text: string): void;
declare function showFailure(code: string, detail: string): void;
