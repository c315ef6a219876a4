import { MarkdownDocument } from "./document.ts";
import { whenIdle } from "./idle.ts";
import { partsOf } from "./parts.ts";
import { clean } from "./sanitize.ts";

/** What answers are made of. The browser compiles what it needs for each at its first use. */
const STEPS = [
  () => parse("Words, **strong**, *stressed*, `code`."),
  () => clean('<p>Words, <strong>strong</strong>, and <a href="https://example.org">a link</a>.</p>'),
  () => parse("An address, https://example.org/, and [a link](https://example.org)."),
  () => new MarkdownDocument().update("# Heading\n\n1. One\n   - Inner\n2. Two\n\n> Quotation\n"),
  () => new MarkdownDocument().update("```\ncode\n```\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n"),
];

function parse(text: string): void {
  for (const part of partsOf(text, { references: {} })) if (part.kind === "whole") part.block.html();
}

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
