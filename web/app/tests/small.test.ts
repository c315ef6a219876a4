import type { ListedChat } from "@chatstream/client";
import { describe, expect, test } from "vitest";
import { deviceOf } from "../src/account/device.ts";
import { grouped } from "../src/chats/groups.ts";
import { matchPath } from "../src/router.tsx";
import { drafts } from "../src/state/drafts.ts";

test.each([
  ["/", "/", {}],
  ["/chats/:id", "/chats/a%20b", { id: "a b" }],
  ["/chats/:id", "/chats/%ff", { id: "%ff" }],
  ["/chats/:id", "/chats", undefined],
  ["/chats/:id", "/chats/a/b", undefined],
  ["/admin/agents/:id", "/admin/users/x", undefined],
])("the path %s and %s", (pattern, path, found) => expect(matchPath(pattern, path)).toEqual(found));

test("chats stand under the day of their last activity", () => {
  const now = new Date(2026, 10, 25, 12);
  const days = [0, 0, 1, 3, 6, 20, 100];
  const chats = days.map((back, place) => ({
    id: String(place),
    updated_at: new Date(2026, 10, 25 - back, 11).toISOString(),
  }));
  const groups = grouped(chats as unknown as ListedChat[], now);
  expect(groups.map(({ title, chats }) => [title, chats.map(({ id }) => id).join("")])).toEqual([
    ["Today", "01"],
    ["Yesterday", "2"],
    ["The last seven days", "34"],
    ["The last thirty days", "5"],
    ["Older", "6"],
  ]);
});

test.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Chrome on Linux",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604",
    "Safari on iOS",
  ],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"],
  ["curl/8.0", "curl"],
  ["<b>strange</b>", "<b>strange</b>"],
  ["", "Unknown device"],
])("%s is %s", (agent, words) => expect(deviceOf(agent)).toBe(words));

describe("drafts", () => {
  test("are kept by user and chat, and go with the user", () => {
    drafts.write("ada", "one", "a");
    drafts.write("bob", "one", "b");
    expect([drafts.read("ada", "one"), drafts.read("ada", "two"), drafts.read("bob", "one")]).toEqual(["a", "", "b"]);
    drafts.forget("ada");
    expect([drafts.read("ada", "one"), drafts.read("bob", "one")]).toEqual(["", "b"]);
    drafts.write("bob", "one", "");
    expect(localStorage.length).toBe(0);
  });
});
