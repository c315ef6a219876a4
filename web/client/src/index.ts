export * from "./client.ts";
export { ApiError, type LocalCode } from "./errors.ts";
export { type StreamEvent, withEvent } from "./events.ts";
export type * from "./wire.ts";
