import { expect, test } from "vitest";
import { configOf, fieldsOf, isSameJson } from "../../src/admin/agents/config.ts";
import { strings } from "../../src/admin/strings.ts";

const configs: Record<string, unknown>[] = [
  {},
  { model: "gpt-4o-mini", history_limit: 20, request_format: "n8n_chat", idle_timeout_s: 2.5, total_timeout_s: 60 },
  { title_webhook: "https://n8n.example.org/webhook/title" },
  { temperature: 0.2, tools: [{ name: "search" }], nothing: null, deep: { model: "x" } },
  { model: { provider: "x", name: "y" }, history_limit: 5 },
  { model: "", request_format: "chatstream" },
];

test("a config that is shown and stored is the same", () => {
  for (const config of configs) {
    const read = configOf(fieldsOf(config));
    expect(read).toEqual({ config });
  }
});

test("what the server knows has a field, all else stands in the JSON", () => {
  const fields = fieldsOf({ model: "m", history_limit: 3, temperature: 0.2 });
  expect(fields).toMatchObject({ model: "m", history_limit: "3", total_timeout_s: "" });
  expect(JSON.parse(fields.others)).toEqual({ temperature: 0.2 });
  expect(fieldsOf({ model: { name: "m" } })).toMatchObject({ model: "", others: expect.stringContaining("name") });
});

test("each mistake is told at its field", () => {
  const empty = fieldsOf({});
  const cases: [Partial<typeof empty>, object][] = [
    [{ history_limit: "many" }, { history_limit: strings.agents.notNumber }],
    [{ idle_timeout_s: "1,5" }, { idle_timeout_s: strings.agents.notNumber }],
    [{ others: "{" }, { others: strings.agents.notJson }],
    [{ others: "[]" }, { others: strings.agents.notObject }],
    [{ others: "null" }, { others: strings.agents.notObject }],
    [{ others: '"x"' }, { others: strings.agents.notObject }],
    [{ model: "a", others: '{"model": "b"}' }, { others: strings.agents.taken("model") }],
  ];
  for (const [change, errors] of cases) expect(configOf({ ...empty, ...change })).toEqual({ errors });
});

test("the order of keys does not count, that of items does", () => {
  expect(isSameJson({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toBe(true);
  expect(isSameJson([1, 2], [2, 1])).toBe(false);
  expect(isSameJson({ a: null }, {})).toBe(false);
});
