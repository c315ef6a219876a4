import { expect, test, vi } from "vitest";
import { type ClientOptions, createClient, type Events, type StreamEvent, withEvent } from "../src/index.ts";
import { type Answer, answerOf, frame, json, nothing, problem, reset, StandIn, stream } from "./stand_in.ts";

const QUICK = { idleMs: 20_000, firstPauseMs: 1, longestPauseMs: 4, patienceMs: 20_000 };

async function talk(answers: Parameters<typeof StandIn.serve>[0], options: ClientOptions = {}) {
  const server = await StandIn.serve(answers);
  const client = createClient({ baseUrl: server.url, timing: QUICK, ...options });
  const told: string[] = [];
  client.on("connection", (state) => told.push(state));
  return { server, client, told };
}

async function all(events: Events): Promise<StreamEvent[]> {
  const seen = [];
  for await (const event of events) seen.push(event);
  return seen;
}

const textOf = (events: StreamEvent[]) => events.reduce(withEvent, "");
const numbersOf = (events: StreamEvent[]) => events.map(({ id }) => Number(id.split(":")[1]));
const HELLO = answerOf("Hel", "lo ", "wörld 🎉");

test("a message goes out and its answer comes in", async () => {
  const { server, client, told } = await talk([stream(...HELLO)]);
  const seen = await all(client.send("c", "Hi", { metadata: { a: 1 }, idempotencyKey: "k" }));
  expect(textOf(seen)).toBe("Hello wörld 🎉");
  expect(seen.at(-1)).toEqual({
    type: "done",
    id: "g:6",
    data: { message: "Stream completed", message_id: "m", status: "complete" },
  });
  expect(server.asked).toEqual(["POST /api/chats/c/messages"]);
  expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({ content: "Hi", metadata: { a: 1 } });
  expect(server.seen[0]?.headers).toMatchObject({ accept: "text/event-stream", "idempotency-key": "k" });
  expect(told).toEqual([]);
});

test("asking again, editing and stopping have their calls", async () => {
  const { server, client } = await talk([stream(...HELLO), stream(...HELLO), json(200, { stopped: true })]);
  await all(client.regenerate("c"));
  await all(client.edit("c", "m", "Hey"));
  await client.stop("c");
  expect(server.asked).toEqual([
    "POST /api/chats/c/regenerate",
    "PUT /api/chats/c/messages/m",
    "POST /api/chats/c/stop",
  ]);
  expect(server.seen.map(({ body }) => body)).toEqual(["", '{"content":"Hey"}', ""]);
  const keys = server.seen.slice(0, 2).map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(2);
});

test("a replaced text takes the place of what came before", async () => {
  const { client } = await talk([
    stream(
      frame(1, "message", { content: "No" }),
      frame(2, "replace", { content: "Y" }),
      frame(3, "message", { content: "es" }),
      frame(4, "error", { code: "upstream_reset", message: "…" }),
    ),
  ]);
  const seen = await all(client.follow("c"));
  expect(textOf(seen)).toBe("Yes");
  expect(seen.at(-1)).toMatchObject({ type: "error", data: { code: "upstream_reset" } });
});

test("each event comes once wherever the connection is cut", { timeout: 60_000 }, async () => {
  const bytes = new TextEncoder().encode(HELLO.join(""));
  const starts = [0];
  for (const piece of HELLO) starts.push((starts.at(-1) ?? 0) + new TextEncoder().encode(piece).length);
  for (let cut = 0; cut < bytes.length; cut++) {
    const whole = starts.filter((start) => start > 0 && start <= cut).length;
    const end = cut % 2 ? ["cut" as const] : []; // broken off, or ended without a word
    const { server, client, told } = await talk([
      stream(bytes.slice(0, cut), ...end),
      stream(bytes.slice(starts[whole])),
    ]);
    const seen = await all(client.send("c", "Hi"));
    expect(numbersOf(seen), `cut at byte ${cut}`).toEqual([1, 2, 3, 4, 5, 6]);
    const [first, second] = server.seen;
    if (whole === 0) {
      expect(server.asked[1]).toBe("POST /api/chats/c/messages");
      expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
      expect(second?.body).toBe(first?.body);
    } else {
      expect(server.asked[1]).toBe("GET /api/chats/c/stream");
      expect(second?.headers["last-event-id"]).toBe(`g:${whole}`);
    }
    expect(told).toEqual(["retrying", "live"]);
  }
});

test("bytes may come one at a time", async () => {
  const bytewise = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, out) => chunk.forEach((byte) => void out.enqueue(Uint8Array.of(byte))),
  });
  const { client } = await talk([stream(...HELLO)], {
    fetch: async (...args) => {
      const response = await fetch(...args);
      return new Response(response.body?.pipeThrough(bytewise) ?? null, response);
    },
  });
  expect(textOf(await all(client.send("c", "Hi")))).toBe("Hello wörld 🎉");
});

test("what comes twice is told once, and what is missing is asked for", async () => {
  const { server, client } = await talk([
    stream(HELLO[0] ?? "", HELLO[1] ?? "", HELLO[0] ?? "", HELLO[3] ?? "", "hang"),
    stream(...HELLO),
  ]);
  expect(numbersOf(await all(client.send("c", "Hi")))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(server.seen[1]?.headers["last-event-id"]).toBe("g:2");
});

test("types that servers may come to say are passed over", async () => {
  const { server, client } = await talk([stream(frame(1, "poll", {})), stream(frame(2, "done", {}))]);
  expect(numbersOf(await all(client.follow("c")))).toEqual([2]);
  expect(server.seen[1]?.headers["last-event-id"]).toBe("g:1");
});

test("a silent connection is taken for dead", async () => {
  const answers = [stream(HELLO[0] ?? "", "hang"), stream(...HELLO.slice(1))];
  const { server, client } = await talk(answers, { timing: { ...QUICK, idleMs: 500 } });
  expect(numbersOf(await all(client.send("c", "Hi")))).toEqual([1, 2, 3, 4, 5, 6]);
  await server.seen[0]?.gone; // and let go of
});

test("so is one that never answers", async () => {
  const { server, client } = await talk([() => {}, stream(...HELLO)], { timing: { ...QUICK, idleMs: 500 } });
  expect(numbersOf(await all(client.send("c", "Hi")))).toEqual([1, 2, 3, 4, 5, 6]);
  await server.seen[0]?.gone;
});

test("keep-alives keep it alive", async () => {
  const beats = Array.from({ length: 5 }, () => [300, ": keep-alive\n\n"]).flat();
  const answers = [stream(HELLO[0] ?? "", ...beats, ...HELLO.slice(1))];
  const { server, client } = await talk(answers, { timing: { ...QUICK, idleMs: 1000 } });
  expect(numbersOf(await all(client.send("c", "Hi")))).toHaveLength(6);
  expect(server.asked).toHaveLength(1);
});

test("a reader that takes its time is not a silent server", async () => {
  const answers = [stream(...HELLO.flatMap((piece) => [piece, 20]))];
  const { server, client } = await talk(answers, { timing: { ...QUICK, idleMs: 300 } });
  for await (const _ of client.send("c", "Hi")) await new Promise((resolve) => setTimeout(resolve, 400));
  expect(server.asked).toHaveLength(1);
});

test("a send is repeated until its answer begins", async () => {
  const away = problem(503, "unavailable", {}, { "Retry-After": "0" });
  const { server, client, told } = await talk([reset, away, json(502, "<html>"), stream(), stream(...HELLO)]);
  expect(await all(client.send("c", "Hi"))).toHaveLength(6);
  expect(server.asked).toEqual(Array(5).fill("POST /api/chats/c/messages"));
  expect(new Set(server.seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(told.filter((state) => state === "retrying")).toEqual(["retrying"]);
  expect(told.at(-1)).toBe("live");
});

test("Retry-After is waited for", async () => {
  const { client } = await talk([problem(503, "busy", {}, { "Retry-After": "1" }), stream(...HELLO)]);
  const began = Date.now();
  await all(client.send("c", "Hi"));
  expect(Date.now() - began).toBeGreaterThanOrEqual(990);
});

test.each([
  [409, "generation_in_progress"],
  [404, "not_found"],
  [422, "validation_failed"],
  [429, "too_many_streams"],
  [500, "internal_error"],
])("a refusal is not repeated: %i %s", async (status, code) => {
  const { server, client, told } = await talk([problem(status, code)]);
  await expect(all(client.send("c", "Hi"))).rejects.toMatchObject({ status, code });
  expect(server.asked).toHaveLength(1);
  expect(told).toEqual([]);
});

test("a limit that a repeat meets is waited for: the message may be stored", async () => {
  const { server, client } = await talk([
    reset,
    problem(429, "rate_limited", {}, { "Retry-After": "0" }),
    stream(...HELLO),
  ]);
  expect(await all(client.send("c", "Hi"))).toHaveLength(6);
  expect(server.asked).toHaveLength(3);
});

test("it gives up when nothing new has come for long enough", async () => {
  const { client, told } = await talk(() => reset, { timing: { ...QUICK, patienceMs: 100 } });
  await expect(all(client.send("c", "Hi"))).rejects.toMatchObject({ code: "network", status: 0 });
  expect(told).toEqual(["retrying"]);
});

test("it does not give up on a stream that is cut again and again and comes on", async () => {
  const pieces = Array.from({ length: 30 }, (_, n) => frame(n + 1, "message", { content: `${n} ` }));
  const answers: Answer[] = pieces.map((piece) => stream(50, piece, "cut"));
  const { client } = await talk([...answers, stream(frame(31, "done", {}))], {
    timing: { ...QUICK, patienceMs: 1000 },
  });
  expect(await all(client.send("c", "Hi"))).toHaveLength(31);
});

test("nothing to follow is the end at once", async () => {
  const { client } = await talk([nothing]);
  expect(await all(client.follow("c"))).toEqual([]);
});

test("an answer that was interrupted ends without a last word", async () => {
  const { server, client } = await talk([stream(HELLO[0] ?? "", HELLO[1] ?? ""), nothing]);
  expect(numbersOf(await all(client.send("c", "Hi")))).toEqual([1, 2]);
  expect(server.asked[1]).toBe("GET /api/chats/c/stream");
});

test("following goes on after the last event that was seen", async () => {
  const { server, client } = await talk([reset, stream(...HELLO.slice(4))]);
  expect(numbersOf(await all(client.follow("c", { lastEventId: "g:4" })))).toEqual([5, 6]);
  expect(server.seen.map(({ headers }) => headers["last-event-id"])).toEqual(["g:4", "g:4"]);
});

test("following from the beginning that is cut before an event begins anew", async () => {
  const { server, client } = await talk([reset, stream(...HELLO)]);
  expect(await all(client.follow("c"))).toHaveLength(6);
  expect(server.seen[1]?.headers).not.toHaveProperty("last-event-id");
});

test("an expired session is refreshed in between", async () => {
  const { server, client } = await talk([
    stream(HELLO[0] ?? "", "cut"),
    problem(401, "invalid_token"),
    nothing,
    stream(...HELLO.slice(1)),
  ]);
  expect(await all(client.send("c", "Hi"))).toHaveLength(6);
  expect(server.asked[2]).toBe("POST /api/auth/refresh");
});

test("a session that has ended ends the stream", async () => {
  const { client } = await talk([
    stream(HELLO[0] ?? "", "cut"),
    problem(401, "invalid_token"),
    problem(401, "invalid_token"),
  ]);
  const signedOut = vi.fn();
  client.on("signed-out", signedOut);
  await expect(all(client.send("c", "Hi"))).rejects.toMatchObject({ status: 401 });
  expect(signedOut).toHaveBeenCalledTimes(1);
});

test.each([
  ["a page", json(200, "<html>", { "Content-Type": "text/html" })],
  ["frames that are not JSON", stream("data: [DONE]\n\n", "hang")],
])("%s in the place of a stream is an error", async (_, answer) => {
  const { client } = await talk([answer]);
  await expect(all(client.send("c", "Hi"))).rejects.toMatchObject({ code: "bad_answer" });
});

test("leaving the loop lets go of the connection", async () => {
  const { server, client } = await talk([stream(HELLO[0] ?? "", "hang")], { timing: { idleMs: 60_000 } });
  for await (const _ of client.send("c", "Hi")) break;
  await server.seen[0]?.gone;
});

test.each([
  ["while it reads", [stream(HELLO[0] ?? "", "hang")], {}],
  ["while it pauses", [stream(HELLO[0] ?? "")], { firstPauseMs: 60_000, longestPauseMs: 60_000 }],
  ["while it asks", [stream(HELLO[0] ?? ""), () => {}], { firstPauseMs: 1 }],
] as const)("an abort ends it %s", async (_, answers, timing) => {
  const abort = new AbortController();
  const { client } = await talk([...answers], { timing: { idleMs: 60_000, ...timing } });
  const events = client.send("c", "Hi", { signal: abort.signal });
  await events.next();
  const next = events.next();
  setTimeout(() => abort.abort("enough"), 100);
  await expect(next).rejects.toBe("enough");
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

test("nothing is sent for a signal that is aborted already", async () => {
  const { server, client } = await talk([]);
  await expect(all(client.send("c", "Hi", { signal: AbortSignal.abort("enough") }))).rejects.toBe("enough");
  expect(server.asked).toEqual([]);
});

test("a browser that is online again does not wait for the pause's end", async () => {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  const { client, told } = await talk([reset, stream(...HELLO)], {
    timing: { firstPauseMs: 60_000, longestPauseMs: 60_000 },
  });
  const seen = all(client.send("c", "Hi"));
  await vi.waitFor(() => expect(told).toEqual(["retrying"]));
  page.dispatchEvent(new Event("online"));
  expect(await seen).toHaveLength(6);
  vi.unstubAllGlobals();
});
