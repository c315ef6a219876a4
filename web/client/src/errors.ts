/** Codes that the library itself makes, beside those of the server's problem documents. */
export type LocalCode = "network" | "bad_answer" | "stream_lost";

/**
 * A request that was refused, or that could not be made.
 *
 * `code` is the stable word to switch on: one of the server's, or `network` (nothing could be reached, status 0),
 * `bad_answer` (what came is not of this API), `stream_lost` (the end of an answer can not be had from the stream any
 * more: read the chat). `detail` is a sentence in English for people who look into it.
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
  /** The whole problem document: `team_required` has the teams in it. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(code: string, status: number, detail: string, more: Partial<Omit<ApiError, "code" | "status">> = {}) {
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
