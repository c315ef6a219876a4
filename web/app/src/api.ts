import {
  type Agent,
  type BulkAction,
  type BulkOutcome,
  type Chat,
  type ChatChanges,
  createClient,
  type Hit,
  type ListedChat,
  type Message,
  type NewFeedback,
  type OpenChat,
  type Page,
  type Registration,
  type Session,
  type User,
  type Version,
} from "@chatstream/client";

export const client = createClient();

type Query = Record<string, unknown>;
type Signal = AbortSignal | undefined;

/** The calls of the app, by what they are about. Admin pages have theirs in `admin/`. */
export const api = {
  me: (signal?: Signal) => client.request<User>("GET", "/api/auth/me", { signal }),
  signIn: (body: { email: string; password: string; team_id?: string }) =>
    client.request<{ user: User }>("POST", "/api/auth/login", { body }),
  signOut: () => client.request<void>("POST", "/api/auth/logout"),
  register: (body: Registration) => client.request<User>("POST", "/api/auth/register", { body }),
  changePassword: (body: { current_password: string; new_password: string }) =>
    client.request<void>("POST", "/api/auth/password", { body }),
  resetPassword: (body: { token: string; new_password: string }) =>
    client.request<void>("POST", "/api/auth/password-reset", { body }),

  sessions: (query: Query, signal?: Signal) =>
    client.request<Page<Session>>("GET", "/api/auth/sessions/", { query, signal }),
  endSession: (id: string) => client.request<void>("DELETE", `/api/auth/sessions/${id}`),

  agents: (query: Query, signal?: Signal) => client.request<Page<Agent>>("GET", "/api/agents/", { query, signal }),
  agent: (id: string, signal?: Signal) => client.request<Agent>("GET", `/api/agents/${id}`, { signal }),

  chats: (query: Query, signal?: Signal) => client.request<Page<ListedChat>>("GET", "/api/chats/", { query, signal }),
  newChat: (agentId: string) => client.request<Chat>("POST", "/api/chats/", { body: { agent_id: agentId } }),
  chat: (id: string, query: Query = {}, signal?: Signal) =>
    client.request<OpenChat>("GET", `/api/chats/${id}`, { query, signal }),
  changeChat: (id: string, body: ChatChanges) => client.request<Chat>("PUT", `/api/chats/${id}`, { body }),
  deleteChat: (id: string) => client.request<void>("DELETE", `/api/chats/${id}`),
  bulk: (body: BulkAction) => client.request<BulkOutcome>("POST", "/api/chats/bulk", { body }),
  importChat: (body: object) => client.request<Chat>("POST", "/api/chats/import", { body }),
  search: (query: Query, signal?: Signal) => client.request<Page<Hit>>("GET", "/api/search/", { query, signal }),

  rate: (chatId: string, messageId: string, body: NewFeedback) =>
    client.request<Message>("PUT", `/api/chats/${chatId}/messages/${messageId}/feedback`, { body }),
  versions: (chatId: string, messageId: string, signal?: Signal) =>
    client.request<Page<Version>>("GET", `/api/chats/${chatId}/messages/${messageId}/versions`, {
      query: { limit: 100 },
      signal,
    }),
  restore: (chatId: string, messageId: string, n: number) =>
    client.request<Chat>("POST", `/api/chats/${chatId}/messages/${messageId}/versions/${n}/restore`),
};
