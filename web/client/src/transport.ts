import { errorOf, networkError } from "./errors.ts";
import type { paths } from "./schema.d.ts";

export const REFRESH = "/api/auth/refresh" satisfies keyof paths;

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as multipart/form-data, instead of `body`. */
  form?: FormData;
  /** Appended to the path; undefined and null are left out. */
  query?: Record<string, unknown>;
  signal?: AbortSignal | undefined;
}

/** Keeps cookies where no browser does. Of this shape is the `CookieJar` of tough-cookie. */
export interface Cookies {
  getCookieString(url: string): string | Promise<string>;
  setCookie(cookie: string, url: string): unknown;
}

export interface Call extends RequestOptions {
  method: string;
  /** Begins with a slash. */
  path: string;
  headers?: Record<string, string>;
}

/** Makes one request. Throws ApiError for a refusal and for silence, the reason of a signal that was aborted. */
export type Transport = (call: Call) => Promise<Response>;

export function createTransport(baseUrl: string, fetch: typeof globalThis.fetch, cookies?: Cookies): Transport {
  return async (call) => {
    const url = baseUrl + call.path + queryOf(call.query);
    const sent = cookies ? await cookies.getCookieString(url) : "";
    const headers = new Headers({ Accept: "application/json", ...call.headers, ...csrfOf(call, sent) });
    if (sent) headers.set("Cookie", sent);
    if (call.body !== undefined) headers.set("Content-Type", "application/json");
    let response: Response;
    try {
      response = await fetch(url, {
        method: call.method,
        headers,
        body: call.form ?? (call.body === undefined ? null : JSON.stringify(call.body)),
        credentials: "include",
        signal: call.signal ?? null,
      });
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw networkError("The server can not be reached.", error);
    }
    if (cookies) for (const cookie of response.headers.getSetCookie()) await cookies.setCookie(cookie, url);
    if (response.ok) return response;
    throw await errorOf(response);
  };
}

function queryOf(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

/** Where the server wants a double submit (CSRF_DOUBLE_SUBMIT) it leaves the token in a cookie that can be read. */
function csrfOf(call: Call, sent: string): Record<string, string> {
  if (call.method === "GET") return {};
  const readable = sent || (typeof document === "undefined" ? "" : document.cookie);
  const kinds = call.path === REFRESH ? ["refresh"] : ["access", "refresh"];
  for (const kind of kinds) {
    const token = readable.match(`(?:^|; )(?:__Host-)?csrf_${kind}_token=([^;]+)`)?.[1];
    if (token) return { "X-CSRF-TOKEN": token };
  }
  return {};
}
