import type {
  Activity,
  Agent,
  AgentChanges,
  AgentFeedback,
  AuditEvent,
  Diagnosis,
  ErrorLog,
  Invite,
  IssuedInvite,
  IssuedReset,
  NewAgent,
  NewInvite,
  Page,
  Team,
  TeamChanges,
  User,
  UserChanges,
} from "@chatstream/client";
import { client } from "../api.ts";

type Query = Record<string, unknown>;
type Signal = AbortSignal | undefined;

/** The calls that only admins may make. */
export const admin = {
  activity: (period: string, signal?: Signal) =>
    client.request<Activity>("GET", "/api/team/activity/", { query: { period }, signal }),

  agents: (query: Query, signal?: Signal) =>
    client.request<Page<Agent>>("GET", "/api/agents/", { query: { include_inactive: true, ...query }, signal }),
  agent: (id: string, signal?: Signal) => client.request<Agent>("GET", `/api/agents/${id}`, { signal }),
  createAgent: (body: NewAgent) => client.request<Agent>("POST", "/api/agents/", { body }),
  changeAgent: (id: string, body: AgentChanges) => client.request<Agent>("PUT", `/api/agents/${id}`, { body }),
  deleteAgent: (id: string) => client.request<void>("DELETE", `/api/agents/${id}`),
  setAvatar: (id: string, file: File) => {
    const form = new FormData();
    form.set("file", file);
    return client.request<Agent>("POST", `/api/agents/${id}/avatar`, { form });
  },
  deleteAvatar: (id: string) => client.request<void>("DELETE", `/api/agents/${id}/avatar`),
  testAgent: (id: string) => client.request<Diagnosis>("POST", `/api/agents/${id}/test`),
  feedback: (id: string, query: Query, signal?: Signal) =>
    client.request<AgentFeedback>("GET", `/api/agents/${id}/feedback`, { query, signal }),

  users: (query: Query, signal?: Signal) => client.request<Page<User>>("GET", "/api/users/", { query, signal }),
  changeUser: (id: string, body: UserChanges) => client.request<User>("PATCH", `/api/users/${id}`, { body }),
  resetPassword: (id: string) => client.request<IssuedReset>("POST", `/api/users/${id}/password-reset`),

  invites: (query: Query, signal?: Signal) => client.request<Page<Invite>>("GET", "/api/invites/", { query, signal }),
  invite: (body: NewInvite) => client.request<IssuedInvite>("POST", "/api/invites/", { body }),
  revokeInvite: (id: string) => client.request<void>("DELETE", `/api/invites/${id}`),

  team: (signal?: Signal) => client.request<Team>("GET", "/api/team/", { signal }),
  changeTeam: (body: TeamChanges) => client.request<Team>("PATCH", "/api/team/", { body }),

  audit: (query: Query, signal?: Signal) => client.request<Page<AuditEvent>>("GET", "/api/audit/", { query, signal }),
  errors: (query: Query, signal?: Signal) =>
    client.request<Page<ErrorLog>>("GET", "/api/error-logs/", { query, signal }),
};
