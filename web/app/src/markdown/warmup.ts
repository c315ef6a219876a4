import { parser, render } from "./renderer.ts";
import { clean } from "./sanitize.ts";

/** What answers are made of. The browser compiles what it needs for each at its first use. */
const STEPS = [
  () => parser.render("Words, **strong**, *stressed*, `code`."),
  () => clean('<p>Words, <strong>strong</strong>, and <a href="https://example.org">a link</a>.</p>'),
  () => parser.render("An address, https://example.org/, and [a link](https://example.org)."),
  () => render("# Heading\n\n1. One\n   - Inner\n2. Two\n\n> Quotation\n", { references: {} }),
  () => render("```\ncode\n```\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n", { references: {} }),
];

const IDLE_MS = 2000;

let next = 0;

/**
 * Render a little of everything while nothing else is to be done, a step at a time, so that the first words of an
 * answer do not wait for it. Calls after the first do nothing.
 */
export function warmUp(): void {
  if (next === 0) whenIdle(step);
}

function step(): void {
  STEPS[next]?.();
  next += 1;
  if (next < STEPS.length) whenIdle(step);
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(act, { timeout: IDLE_MS });
  else setTimeout(act, 100); // Safari has no idle callbacks
}
