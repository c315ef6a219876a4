import { CookieJar } from "tough-cookie";
import { expect, test } from "vitest";
import { ApiError, createClient } from "../src/index.ts";
import { json, nothing, problem, reset, StandIn } from "./stand_in.ts";

const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it succeeded"),
    (error: ApiError) => error,
  );

test("JSON goes out and comes in", async () => {
  const server = await StandIn.serve([json(201, { id: "1" })]);
  const query = { limit: 2, q: "a&b", archived: false, cursor: null, agent_id: undefined };
  const answer = await createClient({ baseUrl: server.url }).request("POST", "/api/chats/", {
    body: { a: "ü" },
    query,
  });
  expect(answer).toEqual({ id: "1" });
  expect(server.asked).toEqual(["POST /api/chats/?limit=2&q=a%26b&archived=false"]);
  expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({ a: "ü" });
  expect(server.seen[0]?.headers).toMatchObject({ "content-type": "application/json", accept: "application/json" });
});

test("204 is nothing, and what is not JSON is text", async () => {
  const server = await StandIn.serve([nothing, json(200, "# Title", { "Content-Type": "text/markdown" })]);
  const client = createClient({ baseUrl: server.url });
  expect(await client.request("DELETE", "/api/chats/1")).toBeUndefined();
  expect(await client.request("GET", "/api/chats/1/export")).toBe('"# Title"');
});

test("files go out as a form", async () => {
  const server = await StandIn.serve([json(200, {})]);
  const form = new FormData();
  form.set("file", new Blob(["bytes"]), "a.png");
  await createClient({ baseUrl: server.url }).request("POST", "/api/agents/1/avatar", { form });
  expect(server.seen[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  expect(server.seen[0]?.body).toContain("bytes");
});

test("a problem becomes an error with its code", async () => {
  const server = await StandIn.serve([
    problem(422, "validation_failed", { errors: { title: ["Too long."] } }, { "Retry-After": "7" }),
    problem(409, "team_required", { teams: [{ id: "t" }] }),
  ]);
  const client = createClient({ baseUrl: server.url });
  const error = await failure(client.request("GET", "/api/x"));
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code: "validation_failed", status: 422, requestId: "r", retryAfter: 7 });
  expect(error.fields).toEqual({ title: ["Too long."] });
  expect(error.detail).toBe("It was validation_failed.");
  expect((await failure(client.request("GET", "/api/x"))).problem).toMatchObject({ teams: [{ id: "t" }] });
});

test.each([
  ["a proxy whose server is away", json(502, "<html>", { "Content-Type": "text/html" }), "unavailable", 502],
  ["something that is not this API", json(404, "<html>", { "Content-Type": "text/html" }), "bad_answer", 404],
  ["JSON that is none", json(200, undefined), "bad_answer", 200],
  ["no answer at all", reset, "network", 0],
])("%s is an error with a code too", async (_, answer, code, status) => {
  const server = await StandIn.serve([answer]);
  expect(await failure(createClient({ baseUrl: server.url }).request("GET", "/api/x"))).toMatchObject({ code, status });
});

test("Retry-After may be a date", async () => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const server = await StandIn.serve([problem(503, "unavailable", {}, { "Retry-After": date })]);
  const { retryAfter } = await failure(createClient({ baseUrl: server.url }).request("GET", "/api/x"));
  expect(retryAfter).toBeGreaterThan(50);
  expect(retryAfter).toBeLessThanOrEqual(60);
});

test("an abort is thrown as the signal has it", async () => {
  const server = await StandIn.serve([() => {}]);
  const abort = new AbortController();
  const work = failure(createClient({ baseUrl: server.url }).request("GET", "/api/x", { signal: abort.signal }));
  abort.abort("enough");
  expect(await work).toBe("enough");
});

test("in Node a jar keeps the cookies, and the token of a double submit goes into its header", async () => {
  const cookies = ["access_token=a; Path=/", "csrf_access_token=c1; Path=/", "csrf_refresh_token=c2; Path=/"];
  const login: Parameters<typeof StandIn.serve>[0] = [
    (response) => void response.writeHead(200, { "Set-Cookie": cookies }).end(),
    json(200, {}),
    problem(401, "invalid_token"),
    nothing,
    nothing,
  ];
  const server = await StandIn.serve(login);
  const client = createClient({ baseUrl: server.url, cookies: new CookieJar() });
  await client.request("POST", "/api/auth/login", { body: {} });
  await client.request("GET", "/api/chats/");
  expect(server.seen[1]?.headers.cookie).toContain("access_token=a");
  expect(server.seen[1]?.headers).not.toHaveProperty("x-csrf-token");
  await client.request("PUT", "/api/chats/1", { body: {} });
  expect(server.asked.slice(2)).toEqual(["PUT /api/chats/1", "POST /api/auth/refresh", "PUT /api/chats/1"]);
  expect(server.seen.slice(2).map(({ headers }) => headers["x-csrf-token"])).toEqual(["c1", "c2", "c1"]);
});
