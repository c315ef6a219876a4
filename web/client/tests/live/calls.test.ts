import { expect, test } from "vitest";
import type {
  Activity,
  Agent,
  ApiError,
  BulkOutcome,
  Chat,
  Diagnosis,
  Hit,
  Invite,
  IssuedInvite,
  ListedChat,
  Message,
  OpenChat,
  Page,
  Session,
  Team,
  User,
  Version,
} from "../../src/index.ts";
import { openChat, signIn } from "./demo.ts";

/** The names of all fields of a type; the compiler wants each of them, and no other. */
type Names<T> = Record<keyof T, true>;

function expectFields<T extends object>(found: T | undefined, names: Names<T>): void {
  expect(Object.keys(found ?? {}).sort()).toEqual(Object.keys(names).sort());
}

const user: Names<User> = {
  id: true,
  team_id: true,
  email: true,
  name: true,
  role: true,
  is_active: true,
  created_at: true,
};
const chat: Names<Chat> = {
  id: true,
  team_id: true,
  user_id: true,
  agent_id: true,
  title: true,
  metadata: true,
  is_archived: true,
  message_count: true,
  created_at: true,
  updated_at: true,
};
const agent: Names<Omit<Agent, "webhook_url" | "has_webhook_token" | "system_prompt" | "config">> = {
  id: true,
  team_id: true,
  name: true,
  description: true,
  avatar_url: true,
  is_active: true,
  created_by: true,
  created_at: true,
  updated_at: true,
};

test("what the types call always there is there", async () => {
  const person = await signIn("user");
  const { client } = person;
  expectFields(await client.request<User>("GET", "/api/auth/me"), user);
  const sessions = await client.request<Page<Session>>("GET", "/api/auth/sessions/");
  expectFields(sessions, { items: true, next_cursor: true });
  expectFields(sessions.items[0], {
    id: true,
    created_at: true,
    last_used_at: true,
    ip: true,
    user_agent: true,
    current: true,
  });
  expectFields((await client.request<Page<Agent>>("GET", "/api/agents/")).items[0], agent);
  const made = await openChat(person);
  expectFields(made, chat);
  for await (const _ of client.send(made.id, "/sim tokens=3 delay_ms=1"));
  const listed = await client.request<Page<ListedChat>>("GET", "/api/chats/");
  expectFields(listed.items[0], { ...chat, generation: true });
  const opened = await client.request<OpenChat>("GET", `/api/chats/${made.id}`);
  expectFields(opened, { ...chat, messages: true, has_more: true, generation: true, versions: true });
  const [question, answer] = opened.messages as [Message, Message];
  expectFields<Omit<Message, "status" | "feedback" | "metadata">>(question, {
    id: true,
    role: true,
    content: true,
    timestamp: true,
  });
  expect(Object.keys(answer)).toEqual(expect.arrayContaining(["id", "role", "content", "timestamp", "status"]));
  const path = `/api/chats/${made.id}/messages/${answer.id}`;
  const rated = await client.request<Message>("PUT", `${path}/feedback`, { body: { rating: "up" } });
  expect(rated.feedback?.rating).toBe("up");
  const versions = await client.request<Page<Version>>("GET", `${path}/versions`);
  expectFields(versions.items[0], { n: true, created_at: true, current: true, message_count: true, messages: true });
  const hits = await client.request<Page<Hit>>("GET", "/api/search/", { query: { q: "tokens" } });
  expectFields(hits.items[0], { chat_id: true, chat_title: true, message: true, snippet: true, rank: true });
  const bulk = { ids: [made.id], action: "delete" };
  expectFields(await client.request<BulkOutcome>("POST", "/api/chats/bulk", { body: bulk }), {
    done: true,
    not_found: true,
  });
});

test("what admins see, too", async () => {
  const { client } = await signIn("admin");
  const [first] = (await client.request<Page<Agent>>("GET", "/api/agents/")).items;
  const own = { webhook_url: true, has_webhook_token: true, system_prompt: true, config: true } as const;
  expectFields(first, { ...agent, ...own });
  expectFields(await client.request<Team>("GET", "/api/team/"), {
    id: true,
    name: true,
    slug: true,
    registration: true,
    retention_days: true,
    created_at: true,
  });
  expectFields((await client.request<Page<User>>("GET", "/api/users/")).items[0], user);
  const activity = await client.request<Activity>("GET", "/api/team/activity/");
  expectFields(activity, {
    period: true,
    since: true,
    until: true,
    counted_since: true,
    step_s: true,
    running: true,
    total: true,
    agents: true,
    steps: true,
    failures: true,
  });
  expectFields(activity.total, { counts: true, first_token_ms: true, duration_ms: true });
  expectFields(activity.steps[0], { at: true, answers: true });
  const invite: Names<Invite> = {
    id: true,
    role: true,
    email: true,
    state: true,
    created_by: true,
    created_at: true,
    expires_at: true,
    used_at: true,
    used_by: true,
  };
  const issued = await client.request<IssuedInvite>("POST", "/api/invites/", { body: { role: "user" } });
  expectFields(issued, { ...invite, token: true });
  expectFields((await client.request<Page<Invite>>("GET", "/api/invites/")).items[0], invite);
  const diagnosis = await client.request<Diagnosis>("POST", `/api/agents/${first?.id}/test`);
  expect(diagnosis.ok).toBe(true);
  expectFields<Omit<Diagnosis, "code">>(diagnosis, {
    ok: true,
    detail: true,
    status_code: true,
    format: true,
    streaming: true,
    chunks: true,
    time_to_first_byte_ms: true,
    total_ms: true,
    sample: true,
  });
});

test("an expired access token is refreshed once for all", async () => {
  const { client, jar, asked } = await signIn("user");
  await jar.store.removeCookie("127.0.0.1", "/", "access_token");
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.request<User>("GET", "/api/auth/me")));
  expect(new Set(answers.map(({ email }) => email))).toEqual(new Set(["user@demo.example"]));
  expect(asked.filter((line) => line.startsWith("POST /api/auth/refresh"))).toEqual(["POST /api/auth/refresh 200"]);
});

test("refusals come with their codes", async () => {
  const { client } = await signIn("user");
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable(),
      (error: ApiError) => error,
    );
  const absent = "/api/chats/00000000-0000-4000-8000-000000000000";
  expect(await failure(client.request("GET", absent))).toMatchObject({ status: 404, code: "not_found" });
  expect(await failure(client.request("GET", "/api/users/"))).toMatchObject({ status: 403, code: "admin_required" });
  const invalid = await failure(client.request("POST", "/api/chats/", { body: { agent_id: "x", role: "admin" } }));
  expect(invalid).toMatchObject({ status: 422, code: "validation_failed" });
  expect(Object.keys(invalid.fields ?? {}).sort()).toEqual(["agent_id", "role"]);
  expect(invalid.requestId).toMatch(/^[A-Za-z0-9._-]+$/);
  const login = { email: "user@demo.example", password: "a wrong one" };
  expect(await failure(client.request("POST", "/api/auth/login", { body: login }))).toMatchObject({
    status: 401,
    code: "invalid_credentials",
  });
});
