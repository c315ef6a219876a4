import { ApiError, type Message, type StreamEvent } from "@chatstream/client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { api, client } from "../src/api.ts";
import { FLUSH_MS, RunningAnswer } from "../src/conversation/answer.ts";
import { Conversation } from "../src/conversation/conversation.ts";
import { type Entry, localEntry, merged, prepended } from "../src/conversation/entries.ts";

function message(id: string, role: "user" | "assistant" = "user", content = id): Message {
  return { id, role, content, timestamp: "2026-01-01T00:00:00Z", ...(role === "user" ? {} : { status: "complete" }) };
}

function entry(id: string, role: "user" | "assistant" = "user"): Entry {
  return { ...message(id, role), key: `key of ${id}` };
}

describe("entries and the server's word on them", () => {
  test("what did not change is the same object, and keeps its key", () => {
    const old = [entry("a"), entry("b", "assistant")];
    const { entries, reachesBack } = merged(old, [message("a"), { ...message("b", "assistant"), content: "other" }]);
    expect(entries[0]).toBe(old[0]);
    expect(entries[1]).toEqual({ ...message("b", "assistant"), content: "other", key: "key of b" });
    expect(reachesBack).toBe(false);
  });

  test("older ones that were loaded stay in front", () => {
    const { entries, reachesBack } = merged([entry("a"), entry("b"), entry("c")], [message("c"), message("d")]);
    expect(entries.map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    expect(reachesBack).toBe(true);
  });

  test("when nothing is shared, what was there is out of date", () => {
    expect(merged([entry("a")], [message("x")]).entries.map(({ id }) => id)).toEqual(["x"]);
  });

  test("local entries become the messages that they were", () => {
    const asked = localEntry("user", "hello");
    const answered = localEntry("assistant", "hi", "error");
    const { entries } = merged([entry("a"), asked, answered], [message("a"), message("q"), message("r", "assistant")]);
    expect(entries.map(({ id, key }) => [id, key])).toEqual([
      ["a", "key of a"],
      ["q", asked.key],
      ["r", answered.key],
    ]);
  });

  test("an answer that was not stored does not shift the others", () => {
    const asked = localEntry("user", "hello");
    const { entries } = merged([asked, localEntry("assistant", "", "error")], [message("q")]);
    expect(entries.map(({ id }) => id)).toEqual(["q"]);
  });

  test("a page of older ones brings no message twice", () => {
    const entries = prepended([entry("b"), entry("c")], [message("a"), message("b")]);
    expect(entries.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });
});

function piece(content: string): StreamEvent {
  return { type: "message", id: "g:1", data: { content } };
}

test("the page is told some times a second, however many tokens come", () => {
  vi.useFakeTimers();
  const answer = new RunningAnswer();
  answer.begin();
  const seen: string[] = [];
  answer.state.watch(() => seen.push(answer.state.get().text));
  for (let token = 0; token < 100; token += 1) {
    answer.take(piece("x"));
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(FLUSH_MS);
  expect(seen.at(-1)).toBe("x".repeat(100));
  expect(seen.length).toBeLessThanOrEqual(1000 / FLUSH_MS + 1);
  answer.take({ type: "replace", id: "g:2", data: { content: "anew" } });
  answer.take({ type: "done", id: "g:3", data: { message: "", message_id: "m", status: "complete" } });
  expect(answer.end()).toMatchObject({ id: "m", content: "anew", status: "complete" });
  vi.useRealTimers();
});

describe("a conversation", () => {
  const stored: Message[] = [];
  const events: StreamEvent[] = [];
  let refusal: ApiError | undefined;

  beforeEach(() => {
    vi.restoreAllMocks();
    stored.length = 0;
    events.length = 0;
    refusal = undefined;
    const chat = { id: "c", team_id: "t", user_id: "u", agent_id: "a", title: null, metadata: {}, is_archived: false };
    const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
    vi.spyOn(api, "chats").mockResolvedValue({ items: [], next_cursor: null });
    vi.spyOn(api, "chat").mockImplementation(async () => ({
      ...chat,
      ...times,
      message_count: stored.length,
      messages: [...stored],
      has_more: false,
      generation: null,
      versions: {},
    }));
    async function* stream() {
      if (refusal) throw refusal;
      yield* events;
    }
    vi.spyOn(client, "send").mockImplementation(stream);
    vi.spyOn(client, "regenerate").mockImplementation(stream);
    vi.spyOn(client, "edit").mockImplementation(stream);
  });

  async function opened(): Promise<Conversation> {
    const conversation = new Conversation("c");
    await conversation.refresh();
    return conversation;
  }

  function texts(conversation: Conversation): string[] {
    return conversation.state.get().entries.map(({ content }) => content);
  }

  test("a refused message leaves no trace but the reason", async () => {
    stored.push(message("a"), message("b", "assistant"));
    const conversation = await opened();
    refusal = new ApiError("too_many_streams", 429, "", { retryAfter: 7 });
    expect(await conversation.send("hello")).toBe(false);
    expect(texts(conversation)).toEqual(["a", "b"]);
    expect(conversation.state.get().failure).toMatchObject({
      code: "too_many_streams",
      retryAfter: 7,
      isStored: false,
    });
    expect(conversation.state.get().isAnswering).toBe(false);
  });

  test("a refused edit puts everything back that it would have set aside", async () => {
    stored.push(message("a"), message("b", "assistant"), message("c"), message("d", "assistant"));
    const conversation = await opened();
    refusal = new ApiError("rate_limited", 429, "");
    expect(await conversation.edit("a", "other words")).toBe(false);
    expect(texts(conversation)).toEqual(["a", "b", "c", "d"]);
  });

  test("an answer is shown at once, and the server's word taken when it is there", async () => {
    const conversation = await opened();
    events.push(piece("hi"), { type: "done", id: "g:2", data: { message: "", message_id: "r", status: "complete" } });
    stored.push(message("q", "user", "hello"), message("r", "assistant", "hi"));
    expect(await conversation.send("hello")).toBe(true);
    await vi.waitFor(() => expect(conversation.state.get().entries.map(({ id }) => id)).toEqual(["q", "r"]));
    expect(conversation.state.get().isAnswering).toBe(false);
  });

  test("an answer that fails in its midst can be asked for again", async () => {
    const conversation = await opened();
    events.push(piece("half"), { type: "error", id: "g:2", data: { code: "upstream_reset", message: "cut" } });
    stored.push(message("q"), { ...message("r", "assistant", "half"), status: "error" });
    expect(await conversation.send("q")).toBe(true);
    await vi.waitFor(() => expect(conversation.state.get().failure?.code).toBe("upstream_reset"));
    expect(conversation.state.get().failure?.isStored).toBe(true);
  });

  test("a new version is counted at once", async () => {
    stored.push(message("q"), message("r", "assistant"));
    const conversation = await opened();
    events.push(piece("x"));
    await conversation.regenerate();
    expect(conversation.state.get().versions).toEqual({ q: { n: 2, count: 2 } });
  });

  test("a look that an answer has overtaken is done again", async () => {
    const conversation = await opened();
    let release = () => {};
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    const current = vi.mocked(api.chat).getMockImplementation();
    vi.mocked(api.chat).mockImplementationOnce(async (...args) => {
      const old = await current?.(...args);
      await late;
      return old as NonNullable<typeof old>;
    });
    const look = conversation.refresh(); // as when another tab says that something is new
    events.push(piece("hi"), { type: "done", id: "g:2", data: { message: "", message_id: "r", status: "complete" } });
    stored.push(message("q", "user", "hello"), message("r", "assistant", "hi"));
    await conversation.send("hello");
    await vi.waitFor(() => expect(conversation.state.get().isAnswering).toBe(false));
    release();
    await look;
    expect(conversation.state.get().entries.map(({ id, isLocal }) => [id, isLocal])).toEqual([
      ["q", undefined],
      ["r", undefined],
    ]);
  });

  test("nothing is sent while an answer is being written", async () => {
    const conversation = await opened();
    events.push(piece("x"));
    const first = conversation.send("one");
    expect(await conversation.send("two")).toBe(false);
    expect(await first).toBe(true);
    expect(client.send).toHaveBeenCalledTimes(1);
  });
});
