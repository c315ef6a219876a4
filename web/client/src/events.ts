/** What a stream is made of. The pieces of text, joined since the last `replace`, are the answer. */
export type StreamEvent =
  | { type: "status"; id: string; data: { description: string; level: "info" | "warning" | "error"; done: boolean } }
  | { type: "message"; id: string; data: { content: string } }
  | { type: "replace"; id: string; data: { content: string } }
  /** The last one of an answer that failed. */
  | { type: "error"; id: string; data: { code: string; message: string } }
  /** The last one of an answer that is stored; `status` is complete, stopped or interrupted. */
  | { type: "done"; id: string; data: { message: string; message_id: string; status: string } };

/** The text of an answer so far, with one more event. */
export function withEvent(text: string, event: StreamEvent): string {
  if (event.type === "message") return text + event.data.content;
  return event.type === "replace" ? event.data.content : text;
}
