import type { Agent, AgentChanges } from "@chatstream/client";
import { isSameJson } from "./config.ts";

/** What the form says of an agent. */
export interface AgentDraft {
  name: string;
  description: string;
  webhook_url: string;
  system_prompt: string;
  is_active: boolean;
  config: Record<string, unknown>;
  /** A new token; empty to keep what is stored. */
  webhook_token: string;
  removesToken: boolean;
}

const PLAIN = ["name", "description", "webhook_url", "system_prompt", "is_active", "config"] as const;

/** The fields that differ from what was loaded: those that somebody else changed meanwhile stay as they are. */
export function changesOf(agent: Agent | undefined, draft: AgentDraft): AgentChanges {
  const changes: Record<string, unknown> = {};
  for (const name of PLAIN) {
    if (!isSameJson(agent?.[name], draft[name])) changes[name] = draft[name];
  }
  if (draft.webhook_token !== "") changes.webhook_token = draft.webhook_token;
  else if (draft.removesToken) changes.webhook_token = null;
  return changes as AgentChanges;
}
