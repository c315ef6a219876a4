import { afterEach, expect, test, vi } from "vitest";
import { createClient } from "../src/index.ts";
import { type Answer, json, nothing, problem, reset, type Seen, StandIn } from "./stand_in.ts";

const REFRESH = "/api/auth/refresh";

afterEach(() => vi.unstubAllGlobals());

/** A server whose session is expired until it is refreshed, which takes a moment. */
function expired(refresh: Answer = nothing): (request: Seen) => Answer {
  let isFresh = false;
  return ({ url }) => {
    if (url === REFRESH) {
      return async (response, request) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        isFresh = true;
        await refresh(response, request);
      };
    }
    return isFresh ? json(200, { fresh: true }) : problem(401, "invalid_token");
  };
}

const refreshes = (server: StandIn) => server.asked.filter((asked) => asked === `POST ${REFRESH}`).length;

test("many requests that find the session expired share one refresh", async () => {
  const server = await StandIn.serve(expired());
  const client = createClient({ baseUrl: server.url });
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.request("GET", `/api/chats/${n}`)));
  expect(answers).toEqual(Array(50).fill({ fresh: true }));
  expect(refreshes(server)).toBe(1);
});

test("an answer that comes late does not refresh once more", async () => {
  let late: (() => void) | undefined;
  const fresh = expired();
  const server = await StandIn.serve((request) =>
    request.url === "/api/late" && !late
      ? (response) =>
          new Promise<void>((resolve) => (late = resolve)).then(() => problem(401, "invalid_token")(response, request))
      : fresh(request),
  );
  const client = createClient({ baseUrl: server.url });
  const first = client.request("GET", "/api/late");
  await vi.waitFor(() => expect(late).toBeDefined());
  await client.request("GET", "/api/chats/");
  late?.();
  expect(await first).toEqual({ fresh: true });
  expect(refreshes(server)).toBe(1);
});

test("a session that is over is told once for each request, and is not asked for again", async () => {
  const server = await StandIn.serve(({ url }) => problem(401, url === REFRESH ? "token_reused" : "invalid_token"));
  const client = createClient({ baseUrl: server.url });
  const signedOut = vi.fn();
  const stop = client.on("signed-out", signedOut);
  await expect(client.request("GET", "/api/auth/me")).rejects.toMatchObject({ status: 401, code: "token_reused" });
  expect(signedOut).toHaveBeenCalledTimes(1);
  expect(refreshes(server)).toBe(1);
  stop();
  await expect(client.request("GET", "/api/auth/me")).rejects.toMatchObject({ status: 401 });
  expect(signedOut).toHaveBeenCalledTimes(1);
});

test("a refresh that helps nothing is the end as well", async () => {
  const server = await StandIn.serve(({ url }) => (url === REFRESH ? nothing : problem(401, "invalid_token")));
  const client = createClient({ baseUrl: server.url });
  const signedOut = vi.fn();
  client.on("signed-out", signedOut);
  await expect(client.request("GET", "/api/auth/me")).rejects.toMatchObject({ code: "invalid_token" });
  expect(signedOut).toHaveBeenCalledTimes(1);
  expect(server.asked).toHaveLength(3);
});

test.each([
  ["network", reset],
  ["unavailable", problem(503, "unavailable")],
])("a refresh that can not be made signs nobody out: %s", async (code, refresh) => {
  const server = await StandIn.serve(({ url }) => (url === REFRESH ? refresh : problem(401, "invalid_token")));
  const client = createClient({ baseUrl: server.url });
  const signedOut = vi.fn();
  client.on("signed-out", signedOut);
  await expect(client.request("GET", "/api/auth/me")).rejects.toMatchObject({ code });
  expect(signedOut).not.toHaveBeenCalled();
});

test("a wrong password is no expired session", async () => {
  const server = await StandIn.serve([problem(401, "invalid_credentials")]);
  const client = createClient({ baseUrl: server.url });
  const signedOut = vi.fn();
  client.on("signed-out", signedOut);
  await expect(client.request("POST", "/api/auth/login", { body: {} })).rejects.toMatchObject({
    code: "invalid_credentials",
  });
  expect(server.asked).toHaveLength(1);
  expect(signedOut).not.toHaveBeenCalled();
});

/** What pages of one origin have in common. */
function browser() {
  const stored = new Map<string, string>();
  let turn = Promise.resolve();
  vi.stubGlobal("document", { cookie: "" });
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  });
  const request = (_name: string, work: () => Promise<void>) => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  };
  vi.stubGlobal("navigator", { locks: { request } });
  return stored;
}

test("pages of one origin share one refresh", async () => {
  browser();
  const server = await StandIn.serve(expired());
  const tabs = Array.from({ length: 5 }, () => createClient({ baseUrl: server.url }));
  const answers = await Promise.all(tabs.flatMap((tab) => [tab.request("GET", "/a"), tab.request("GET", "/b")]));
  expect(answers).toEqual(Array(10).fill({ fresh: true }));
  expect(refreshes(server)).toBe(1);
});

test("a refresh that failed in one page is tried in the next", async () => {
  browser();
  let first = true;
  const server = await StandIn.serve(
    expired((response, request) => {
      const answer = first ? problem(503, "unavailable") : nothing;
      first = false;
      return answer(response, request);
    }),
  );
  const tabs = Array.from({ length: 2 }, () => createClient({ baseUrl: server.url }));
  const outcomes = await Promise.allSettled(tabs.map((tab) => tab.request("GET", "/a")));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect(refreshes(server)).toBe(2);
});

test("a mark from before the clock was put back does not keep anybody from refreshing", async () => {
  const stored = browser();
  stored.set("chatstream.refreshed", String(Date.now() + 3_600_000));
  const server = await StandIn.serve(expired());
  expect(await createClient({ baseUrl: server.url }).request("GET", "/a")).toEqual({ fresh: true });
});

test("storage that is blocked is done without", async () => {
  browser();
  vi.stubGlobal("localStorage", undefined);
  const server = await StandIn.serve(expired());
  expect(await createClient({ baseUrl: server.url }).request("GET", "/a")).toEqual({ fresh: true });
});
