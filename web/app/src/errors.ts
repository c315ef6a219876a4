import type { ApiError } from "@chatstream/client";
import { strings } from "./strings.ts";

/** A sentence on what went wrong and what to do, by the stable code. */
export function sentenceOf(code: string): string {
  return strings.errors.codes[code] ?? strings.errors.unknown;
}

/** The same of a refused request, with how long to wait where the server says so. */
export function sentenceOfError(error: ApiError): string {
  const wait = error.retryAfter ? ` ${strings.errors.retryIn(error.retryAfter)}` : "";
  return sentenceOf(error.code) + wait;
}

/** What is wrong with one field of a form. */
export function fieldError(error: ApiError | undefined, name: string): string | undefined {
  return error?.fields?.[name]?.join(" ");
}

/** Whether a form shows everything that an error says at its fields. */
export function isAllInFields(error: ApiError, names: readonly string[]): boolean {
  const given = Object.keys(error.fields ?? {});
  return given.length > 0 && given.every((name) => names.includes(name));
}
