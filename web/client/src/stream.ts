import { ApiError, networkError } from "./errors.ts";
import type { StreamEvent } from "./events.ts";
import { eventsIn, isKnown, within } from "./frames.ts";
import { pause } from "./pause.ts";

/** A stream that hides cuts: each event comes once. Leaving the loop lets go of the stream; the answer runs on. */
export type Events = AsyncGenerator<StreamEvent, void, void>;

export interface Timing {
  /** A connection that is silent for longer is dead; the server's keep-alives come each 15 s. */
  idleMs: number;
  /** The first pause before coming back; each one after it is twice as long, up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** How long to go on trying while nothing new comes. The server keeps the events for 5 minutes after the end. */
  patienceMs: number;
}

export const TIMING: Timing = { idleMs: 40_000, firstPauseMs: 250, longestPauseMs: 10_000, patienceMs: 300_000 };

export interface Source {
  /** Asks for the stream: after the event with this id; from its beginning, and safe to repeat, without one. */
  open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;
  lastEventId?: string | undefined;
  signal?: AbortSignal | undefined;
  onConnection: (state: "retrying" | "live") => void;
}

/**
 * Follow a source to its end, over as many connections as it takes.
 *
 * It ends after `done` or `error`; without either when the server has nothing more to tell (204): then the chat says
 * what has become of the answer. Throws ApiError when it can not go on, the signal's reason when it was aborted.
 */
export async function* follow(source: Source, timing: Timing): Events {
  const { signal, onConnection } = source;
  let last = source.lastEventId;
  let failures = 0;
  let progressAt = Date.now();
  for (;;) {
    signal?.throwIfAborted();
    const connection = new AbortController();
    const abort = () => connection.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    let cut = networkError("The stream ended early.");
    try {
      const response = await within(timing.idleMs, source.open(last, connection.signal));
      if (failures) onConnection("live");
      if (response.status === 204) return;
      for await (const event of eventsIn(response, timing.idleMs)) {
        const step = last === undefined ? 1 : stepBetween(last, event.id);
        if (step < 1) continue;
        if (step > 1) break; // a gap: ask for what is missing
        last = event.id;
        failures = 0;
        if (isKnown(event)) yield event;
        if (event.type === "done" || event.type === "error") return;
        progressAt = Date.now(); // how long the reader took does not count
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ApiError && isPassing(error, failures > 0 || last !== undefined))) throw error;
      cut = error;
    } finally {
      signal?.removeEventListener("abort", abort);
      connection.abort();
    }
    if (Date.now() - progressAt > timing.patienceMs) throw cut;
    if (failures++ === 0) onConnection("retrying");
    await pause(Math.max(backoff(failures, timing), (cut.retryAfter ?? 0) * 1000), signal);
  }
}

/**
 * Whether the same call may succeed in a while. What had arrived of an earlier attempt is not known, so that a repeat
 * waits out limits as well: the first attempt may have been the one that counted.
 */
function isPassing({ status }: ApiError, isRepeat: boolean): boolean {
  return [0, 408, 502, 503, 504].includes(status) || (isRepeat && (status === 429 || status === 500));
}

/** Ids are `<generation>:<n>`, n without a gap. */
function stepBetween(last: string, id: string): number {
  const [before, after] = [last, id].map((text) => text.split(":"));
  return before?.[0] === after?.[0] ? Number(after?.[1]) - Number(before?.[1]) : 1;
}

/** Half of it at random, so that many clients do not come back at once. */
function backoff(failures: number, timing: Timing): number {
  const longest = Math.min(timing.firstPauseMs * 2 ** (failures - 1), timing.longestPauseMs);
  return longest * (0.5 + Math.random() / 2);
}
