export {
  type AskOptions,
  type Client,
  type ClientEvents,
  type ClientOptions,
  createClient,
  type FollowOptions,
} from "./client.ts";
export { ApiError } from "./errors.ts";
export { type StreamEvent, withEvent } from "./events.ts";
export type { Events, Timing } from "./stream.ts";
export type { Cookies, RequestOptions } from "./transport.ts";
export type * from "./wire.ts";
