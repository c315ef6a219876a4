import type { Problem } from "./wire.ts";

/** What a problem document or the library itself says beyond the code. */
export interface ErrorDetails {
  fields?: Record<string, string[]> | undefined;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  problem?: Readonly<Record<string, unknown>> | undefined;
  cause?: unknown;
}

/**
 * A request that was refused, or that could not be made.
 *
 * `code` is the stable word to switch on: one of the server's, or `network` (no answer, status 0), `unavailable` (a
 * proxy answered for a server that is away) or `bad_answer` (what came is not of this API). `detail` is a sentence in
 * English for people who look into it.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  /** The HTTP status, 0 where no answer came. */
  readonly status: number;
  readonly detail: string;
  /** On 422: the reasons by field. */
  readonly fields?: Record<string, string[]>;
  readonly requestId?: string;
  /** Seconds to wait before trying again. */
  readonly retryAfter?: number;
  /** The whole problem document: that of `team_required` has the teams in it. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(code: string, status: number, detail: string, more: ErrorDetails = {}) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.problem = more.problem ?? {};
    if (more.fields) this.fields = more.fields;
    if (more.requestId) this.requestId = more.requestId;
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter;
  }
}

/** Nothing came, or it broke off. */
export function networkError(detail: string, cause?: unknown): ApiError {
  return new ApiError("network", 0, detail, { cause });
}

/** The failure that a response of 400 and above tells. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = await problemIn(response);
  const details = {
    requestId: response.headers.get("X-Request-ID") ?? undefined,
    retryAfter: secondsOf(response.headers.get("Retry-After")),
  };
  if (!problem) {
    const code = response.status >= 500 ? "unavailable" : "bad_answer";
    return new ApiError(code, response.status, `The server answered ${response.status}.`, details);
  }
  const { code, detail, errors: fields } = problem;
  return new ApiError(code, response.status, detail, { ...details, problem, fields });
}

async function problemIn(response: Response): Promise<(Problem & Record<string, unknown>) | null> {
  try {
    const body = await response.json();
    return typeof body?.code === "string" ? body : null;
  } catch {
    return null; // a proxy's page, or cut off
  }
}

/** Retry-After is a number of seconds or a date (RFC 9110, section 10.2.3). */
function secondsOf(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
