import { expect, test, vi } from "vitest";
import { type Events, type Message, type OpenChat, type StreamEvent, withEvent } from "../../src/index.ts";
import { cutting, openChat, signIn } from "./demo.ts";

async function all(events: Events): Promise<StreamEvent[]> {
  const seen = [];
  for await (const event of events) seen.push(event);
  return seen;
}

const textOf = (events: StreamEvent[]) => events.reduce(withEvent, "");
const expected = (tokens: number) => Array.from({ length: tokens }, (_, n) => `t${n + 1} `).join("");

test("a message is sent, answered and stored", async () => {
  const person = await signIn("user");
  const chat = await openChat(person);
  const seen = await all(person.client.send(chat.id, "/sim tokens=20 delay_ms=1", { metadata: { from: "a test" } }));
  expect(textOf(seen).trim()).toBe(expected(20).trim());
  const [first, last] = [seen[0], seen.at(-1)];
  expect(first).toMatchObject({ type: "status", data: { level: "info", done: false } });
  expect(last).toMatchObject({ type: "done", data: { status: "complete" } });
  expect(seen.map(({ id }) => Number(id.split(":")[1]))).toEqual(seen.map((_, n) => n + 1));
  const stored = await person.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(stored.messages.map(({ content }) => content)).toEqual(["/sim tokens=20 delay_ms=1", textOf(seen)]);
  expect(stored.messages[0]?.metadata).toEqual({ from: "a test" });
  expect(last?.type === "done" && last.data.message_id).toBe(stored.messages[1]?.id);
});

test("a wire that is cut again and again costs nothing of the answer", async () => {
  const plain = await signIn("user");
  const chat = await openChat(plain);
  const wire = await cutting(2500, 8);
  const states: string[] = [];
  const person = await signIn("user", { baseUrl: wire.url, timing: { firstPauseMs: 1, longestPauseMs: 5 } });
  person.client.on("connection", (state) => states.push(state));
  const seen = await all(person.client.send(chat.id, "/sim tokens=400 delay_ms=5"));
  expect(wire.made()).toBe(8);
  expect(states).toContain("retrying");
  expect(states.at(-1)).toBe("live");
  expect(textOf(seen).trim()).toBe(expected(400).trim());
  expect(seen.map(({ id }) => Number(id.split(":")[1]))).toEqual(seen.map((_, n) => n + 1));
  const stored = await plain.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(stored.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("a send that is cut before its answer begins is made once", async () => {
  const plain = await signIn("user");
  const chat = await openChat(plain);
  const wire = await cutting(10, 5); // not even the status line comes through
  const { client } = await signIn("user", {
    timing: { firstPauseMs: 1, longestPauseMs: 5 },
    fetch: (url, init) => {
      const through = String(url).endsWith("/messages") ? wire.url + new URL(String(url)).pathname : url;
      return fetch(through, init);
    },
  });
  const seen = await all(client.send(chat.id, "/sim tokens=3 delay_ms=1"));
  expect(wire.made()).toBe(5);
  expect(seen.at(-1)?.type).toBe("done");
  const stored = await plain.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(stored.messages).toHaveLength(2);
});

test("two follow, one leaves, one stops, and what had come is kept", async () => {
  const person = await signIn("user");
  const chat = await openChat(person);
  const sent = all(person.client.send(chat.id, "/sim tokens=5000 delay_ms=20"));
  const followed = await signIn("user");
  await vi.waitFor(async () => {
    const { generation } = await followed.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
    expect(generation).not.toBeNull();
  });
  for await (const event of followed.client.follow(chat.id)) if (event.type === "message") break;
  const other = all(followed.client.follow(chat.id));
  await expect(all(followed.client.send(chat.id, "Me too"))).rejects.toMatchObject({ code: "generation_in_progress" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await followed.client.stop(chat.id);
  const [mine, theirs] = await Promise.all([sent, other]);
  expect(mine.at(-1)).toMatchObject({ type: "done", data: { status: "stopped" } });
  expect(theirs).toEqual(mine);
  const stored = await person.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(stored.messages.at(-1)).toMatchObject({ status: "stopped", content: textOf(mine) });
});

test("an answer is asked for again, and a question put in other words", async () => {
  const person = await signIn("user");
  const chat = await openChat(person);
  await all(person.client.send(chat.id, "/sim tokens=2 delay_ms=1"));
  const again = await all(person.client.regenerate(chat.id));
  const before = await person.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(before.messages[1]?.content).toBe(textOf(again));
  const question = before.messages[0]?.id ?? "";
  const edited = await all(person.client.edit(chat.id, question, "/sim tokens=4 delay_ms=1"));
  expect(textOf(edited).trim()).toBe(expected(4).trim());
  const after = await person.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(after.messages.map(({ content }) => content)).toEqual(["/sim tokens=4 delay_ms=1", textOf(edited)]);
});

test("a workflow that fails is told by its code, and keeps what it had said", async () => {
  const person = await signIn("user");
  const chat = await openChat(person);
  const seen = await all(person.client.send(chat.id, "/sim tokens=10 delay_ms=1 fail=cut after=4"));
  expect(seen.at(-1)).toMatchObject({ type: "error", data: { code: "upstream_reset" } });
  const { messages } = await person.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
  expect(messages.at(-1) satisfies Message | undefined).toMatchObject({ status: "error", content: textOf(seen) });
});

test("the server's keep-alives hold a silent stream", { timeout: 60_000 }, async () => {
  const person = await signIn("user", { timing: { idleMs: 17_000 } });
  const chat = await openChat(person);
  const seen = await all(person.client.send(chat.id, "/sim tokens=2 first_delay_ms=20000"));
  expect(seen.at(-1)?.type).toBe("done");
  expect(person.asked.filter((asked) => asked.includes(chat.id))).toEqual([`POST /api/chats/${chat.id}/messages 200`]);
});

test("a session that ends elsewhere ends its streams", async () => {
  const person = await signIn("user");
  const chat = await openChat(person);
  const signedOut = vi.fn();
  person.client.on("signed-out", signedOut);
  const sent = all(person.client.send(chat.id, "/sim tokens=5000 delay_ms=20"));
  const other = await signIn("user");
  await vi.waitFor(async () => {
    const { generation } = await other.client.request<OpenChat>("GET", `/api/chats/${chat.id}`);
    expect(generation).not.toBeNull();
  });
  const cookie = await person.jar.getCookieString(`${process.env.CHATSTREAM_URL}/api/auth/logout`);
  await fetch(`${process.env.CHATSTREAM_URL}/api/auth/logout`, { method: "POST", headers: { Cookie: cookie } });
  const outcome = await sent.then(
    (seen) => seen.at(-1),
    (error) => error,
  );
  // Its own answer is stopped with the session; whether that was told before the stream ended is a matter of moments.
  if (outcome?.type === "done") expect(outcome.data.status).toBe("stopped");
  else expect(outcome).toMatchObject({ status: 401 });
  await expect(person.client.request("GET", "/api/auth/me")).rejects.toMatchObject({ status: 401 });
  expect(signedOut).toHaveBeenCalled();
});
