import { createParser } from "eventsource-parser";
import { ApiError, networkError } from "./errors.ts";
import type { StreamEvent } from "./events.ts";

const TYPES = new Set(["status", "message", "replace", "error", "done"]);

/**
 * The events of a response, as they come. A frame that is cut off is none.
 *
 * Throws ApiError: `network` when the connection breaks or is silent for `idleMs` (the server's keep-alives come each
 * 15 s), `bad_answer` for what is no such stream. Who leaves early must abort the request.
 */
export async function* eventsIn(response: Response, idleMs: number): AsyncGenerator<StreamEvent, void, void> {
  if (!response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    throw new ApiError("bad_answer", response.status, "The answer is not a stream of events.");
  }
  const arrived: StreamEvent[] = [];
  const parser = createParser({ onEvent: ({ id, data }) => arrived.push(eventOf(id, data)) });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await within(idleMs, reader.read());
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    yield* arrived.splice(0);
  }
}

/** Whether the type is one that this version knows; servers may come to say more. */
export function isKnown(event: StreamEvent): boolean {
  return TYPES.has(event.type);
}

/** `work`, or an ApiError `network` after `ms` without it. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(networkError(`The server was silent for ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } catch (error) {
    throw error instanceof ApiError ? error : networkError("The connection broke.", error);
  } finally {
    clearTimeout(timer);
  }
}

function eventOf(id: string | undefined, data: string): StreamEvent {
  try {
    return { ...JSON.parse(data), id: id ?? "" };
  } catch (cause) {
    throw new ApiError("bad_answer", 200, "A frame of the stream is not JSON.", { cause });
  }
}
