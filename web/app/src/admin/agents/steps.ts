import type { Diagnosis } from "@chatstream/client";

export type Outcome = "good" | "poor" | "bad" | "open";
export type StepName = "reached" | "accepted" | "text" | "whole" | "streams";

/** Failures before anything was sent. */
const UNREACHED = new Set(["upstream_unreachable", "webhook_blocked", "token_unreadable"]);

/** How far a test came: each step with its outcome; those after the one that failed are open. */
export function stepsOf(seen: Diagnosis): { name: StepName; outcome: Outcome }[] {
  const isAccepted = seen.status_code !== null && seen.status_code < 300;
  const passed: [StepName, boolean][] = [
    ["reached", !UNREACHED.has(seen.code ?? "")],
    ["accepted", isAccepted],
    ["text", seen.chunks > 0],
    ["whole", seen.ok],
    ["streams", seen.streaming],
  ];
  let isOpen = false;
  return passed.map(([name, isPassed]) => {
    if (isOpen) return { name, outcome: "open" };
    isOpen = !isPassed;
    return { name, outcome: isPassed ? "good" : name === "streams" ? "poor" : "bad" };
  });
}
