import type { Activity } from "@chatstream/client";

export type Answers = Activity["total"];
export type Status = keyof Answers["counts"];

/** In the order in which bars are stacked. */
export const STATUSES: readonly Status[] = ["complete", "running", "stopped", "interrupted", "error"];

/** All answers, whatever came of them. */
export function countOf({ counts }: Answers): number {
  return STATUSES.reduce((sum, status) => sum + counts[status], 0);
}
