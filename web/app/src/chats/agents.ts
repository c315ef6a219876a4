import type { Agent } from "@chatstream/client";
import { useEffect } from "react";
import { api } from "../api.ts";
import { Store, useStore } from "../state/store.ts";

/** Agents by id, as they were last seen; null for those that are gone. */
const known = new Store<ReadonlyMap<string, Agent | null>>(new Map());
const asked = new Set<string>();

/** Take note of agents that a list has brought. */
export function learnAgents(agents: readonly Agent[]): void {
  known.update((old) => new Map([...old, ...agents.map((agent) => [agent.id, agent] as const)]));
}

/** The agent of a chat: undefined while it is not known, null when it is gone. */
export function useAgent(id: string | undefined): Agent | null | undefined {
  const agents = useStore(known);
  useEffect(() => {
    if (id === undefined || known.get().has(id) || asked.has(id)) return;
    asked.add(id);
    api
      .agent(id)
      .then((agent) => learnAgents([agent]))
      .catch((error) => {
        if (error.status === 404) known.update((old) => new Map([...old, [id, null]]));
      })
      .finally(() => asked.delete(id));
  }, [id]);
  return id === undefined ? undefined : agents.get(id);
}
