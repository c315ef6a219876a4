import type { StreamEvent } from "./events.ts";

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as multipart/form-data, instead of `body`. */
  form?: FormData;
  /** Appended to the path; undefined and null are left out. */
  query?: Record<string, unknown>;
  signal?: AbortSignal | undefined;
}

export interface AskOptions {
  signal?: AbortSignal | undefined;
  /** Makes repeats of the same call safe, over reloads of the page as well; made up where none is given. */
  idempotencyKey?: string | undefined;
}

export interface FollowOptions {
  /** The id of the last event that was seen; without it the stream begins with the first one. */
  lastEventId?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface ClientOptions {
  /** The server's origin; empty (the default) for the one that the page is from. */
  baseUrl?: string;
  fetch?: typeof globalThis.fetch;
}

export interface ClientEvents {
  /** The session is over and can not be refreshed: ask the user to sign in. */
  "signed-out": undefined;
  /** A stream was cut and is being come back to, or is there again. */
  connection: "retrying" | "live";
}

/** A stream that hides cuts: each event comes once. Leaving the loop lets go of the stream; the answer runs on. */
export type Events = AsyncGenerator<StreamEvent, void, void>;

export interface Client {
  /** JSON in, JSON out; undefined for 204. Refreshes the session once when it has to. Throws ApiError. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** Send a message and follow its answer. */
  send(chatId: string, content: string, options?: AskOptions & { metadata?: object | undefined }): Events;
  /** Ask for the last answer again and follow it. */
  regenerate(chatId: string, options?: AskOptions): Events;
  /** Send a message of the user in other words and follow its answer. */
  edit(chatId: string, messageId: string, content: string, options?: AskOptions): Events;
  /** Follow the running answer of a chat; ends at once when there is none. */
  follow(chatId: string, options?: FollowOptions): Events;
  /** Stop the running answer; what had arrived is kept. */
  stop(chatId: string): Promise<void>;
  /** Listen; returns what ends the listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (what: ClientEvents[Name]) => void): () => void;
}

export function createClient(_options: ClientOptions = {}): Client {
  throw new Error("comes with the next commit");
}
