import { ApiError, networkError } from "./errors.ts";
import type { components, paths } from "./schema.d.ts";
import { withSession } from "./session.ts";
import { type Events, follow, TIMING, type Timing } from "./stream.ts";
import { type Cookies, createTransport, type RequestOptions } from "./transport.ts";

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
  /** For Node, where nobody else keeps cookies: a CookieJar of tough-cookie, or its like. */
  cookies?: Cookies;
  timing?: Partial<Timing>;
}

export interface ClientEvents {
  /** Nobody is signed in any more, and no refresh helps: ask the user to sign in. */
  "signed-out": undefined;
  /** A stream was cut and is being come back to, or is there again. */
  connection: "retrying" | "live";
}

export interface Client {
  /** JSON in, JSON out; text where the answer is none, undefined for 204. Throws ApiError. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** Send a message and follow its answer. Nothing is sent before the first event is asked for. */
  send(chatId: string, content: string, options?: AskOptions & { metadata?: object | undefined }): Events;
  /** Ask for the last answer again and follow it. */
  regenerate(chatId: string, options?: AskOptions): Events;
  /** Send a message of the user in other words and follow its answer. */
  edit(chatId: string, messageId: string, content: string, options?: AskOptions): Events;
  /** Follow the answer that runs in a chat or has just ended; without any it ends at once. */
  follow(chatId: string, options?: FollowOptions): Events;
  /** Stop the running answer; what had arrived is kept. */
  stop(chatId: string): Promise<void>;
  /** Listen; returns what ends the listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (what: ClientEvents[Name]) => void): () => void;
}

export function createClient(options: ClientOptions = {}): Client {
  const timing = { ...TIMING, ...options.timing };
  const listeners = new Listeners();
  const call = withSession(
    createTransport(options.baseUrl ?? "", options.fetch ?? ((...args) => fetch(...args)), options.cookies),
    !options.cookies && typeof document !== "undefined",
    () => listeners.tell("signed-out", undefined),
  );

  /** A stream that begins with `ask`, and goes on by the chat's own. */
  function ask(chatId: string, method: string, path: string, body: unknown, options: AskOptions): Events {
    const key = options.idempotencyKey ?? randomKey();
    const open = (lastEventId: string | undefined, signal: AbortSignal) =>
      lastEventId === undefined
        ? call({ method, path, body, signal, headers: { Accept: STREAM, "Idempotency-Key": key } })
        : resume(chatId, lastEventId, signal);
    return follow({ open, signal: options.signal, onConnection }, timing);
  }

  function resume(chatId: string, lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    const headers = { Accept: STREAM, ...(lastEventId ? { "Last-Event-ID": lastEventId } : {}) };
    return call({ method: "GET", path: path("/api/chats/{chat_id}/stream", chatId), headers, signal });
  }

  const onConnection = (state: "retrying" | "live") => listeners.tell("connection", state);

  return {
    async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
      const response = await call({ ...options, method, path });
      return (await bodyOf(response)) as T;
    },
    send: (chatId, content, { metadata, ...options } = {}) =>
      ask(chatId, "POST", path("/api/chats/{chat_id}/messages", chatId), newMessage(content, metadata), options),
    regenerate: (chatId, options = {}) =>
      ask(chatId, "POST", path("/api/chats/{chat_id}/regenerate", chatId), undefined, options),
    edit: (chatId, messageId, content, options = {}) =>
      ask(chatId, "PUT", path("/api/chats/{chat_id}/messages/{message_id}", chatId, messageId), { content }, options),
    follow: (chatId, options = {}) =>
      follow({ ...options, open: (last, signal) => resume(chatId, last, signal), onConnection }, timing),
    async stop(chatId) {
      await call({ method: "POST", path: path("/api/chats/{chat_id}/stop", chatId) });
    },
    on: (name, listener) => listeners.add(name, listener),
  };
}

const STREAM = "text/event-stream";

/** The templates are those of the OpenAPI document: one that it does not have fails the type check. */
function path(template: keyof paths, ...ids: string[]): string {
  return template.replace(/\{\w+\}/g, () => encodeURIComponent(ids.shift() ?? ""));
}

function newMessage(content: string, metadata: object | undefined): components["schemas"]["NewMessage"] {
  return metadata ? { content, metadata: { ...metadata } } : { content };
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const text = await response.text().catch((error) => {
    throw networkError("The answer was cut off.", error);
  });
  if (!response.headers.get("Content-Type")?.includes("json")) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError("bad_answer", response.status, "The answer is not the JSON that it says it is.", { cause });
  }
}

/** crypto.randomUUID is for secure contexts only, and somebody may serve this in plain http on a private network. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

class Listeners {
  readonly #all = new Set<{ name: string; listener: (what: never) => void }>();

  add<Name extends keyof ClientEvents>(name: Name, listener: (what: ClientEvents[Name]) => void): () => void {
    const entry = { name, listener };
    this.#all.add(entry);
    return () => this.#all.delete(entry);
  }

  tell<Name extends keyof ClientEvents>(name: Name, what: ClientEvents[Name]): void {
    for (const entry of this.#all)
      if (entry.name === name) (entry.listener as (what: ClientEvents[Name]) => void)(what);
  }
}
