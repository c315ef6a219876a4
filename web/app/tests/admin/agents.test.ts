import type { Agent, Diagnosis } from "@chatstream/client";
import { expect, test } from "vitest";
import { type AgentDraft, changesOf } from "../../src/admin/agents/changes.ts";
import { stepsOf } from "../../src/admin/agents/steps.ts";

const draft: AgentDraft = {
  name: "Support",
  description: "",
  webhook_url: "https://n8n.example.org/webhook/a",
  system_prompt: "Be kind.",
  is_active: true,
  config: { a: 1, b: 2 },
  webhook_token: "",
  removesToken: false,
};
const agent = { ...draft, config: { b: 2, a: 1 }, has_webhook_token: true } as unknown as Agent;

test("only what differs is sent, and the token only where one is entered or taken away", () => {
  expect(changesOf(agent, draft)).toEqual({});
  expect(changesOf(agent, { ...draft, name: "Sales", is_active: false })).toEqual({ name: "Sales", is_active: false });
  expect(changesOf(agent, { ...draft, webhook_token: "new" })).toEqual({ webhook_token: "new" });
  expect(changesOf(agent, { ...draft, removesToken: true })).toEqual({ webhook_token: null });
  expect(changesOf(agent, { ...draft, webhook_token: "new", removesToken: true })).toEqual({ webhook_token: "new" });
  expect(changesOf(undefined, draft)).toEqual({
    name: "Support",
    description: "",
    webhook_url: "https://n8n.example.org/webhook/a",
    system_prompt: "Be kind.",
    is_active: true,
    config: { a: 1, b: 2 },
  });
});

const seen: Diagnosis = {
  ok: true,
  detail: "",
  status_code: 200,
  format: "n8n_lines",
  streaming: true,
  chunks: 20,
  time_to_first_byte_ms: 10,
  total_ms: 100,
  sample: "one",
};

function outcomes(change: Partial<Diagnosis>): string {
  return stepsOf({ ...seen, ...change })
    .map(({ outcome }) => outcome)
    .join(" ");
}

test("a test is told step by step, as far as it came", () => {
  expect(stepsOf(seen).map(({ name }) => name)).toEqual(["reached", "accepted", "text", "whole", "streams"]);
  expect(outcomes({})).toBe("good good good good good");
  expect(outcomes({ streaming: false, chunks: 1 })).toBe("good good good good poor");
  const failed = { ok: false, streaming: false };
  const nothing = { ...failed, chunks: 0, status_code: null };
  expect(outcomes({ ...nothing, code: "upstream_unreachable" })).toBe("bad open open open open");
  expect(outcomes({ ...nothing, code: "webhook_blocked" })).toBe("bad open open open open");
  expect(outcomes({ ...nothing, code: "upstream_timeout" })).toBe("good bad open open open");
  expect(outcomes({ ...failed, chunks: 0, status_code: 403, code: "upstream_refused" })).toBe(
    "good bad open open open",
  );
  expect(outcomes({ ...failed, chunks: 0, status_code: 302, code: "upstream_error" })).toBe("good bad open open open");
  expect(outcomes({ ...failed, chunks: 0, code: "upstream_empty" })).toBe("good good bad open open");
  expect(outcomes({ ...failed, chunks: 3, code: "upstream_reset" })).toBe("good good good bad open");
});
