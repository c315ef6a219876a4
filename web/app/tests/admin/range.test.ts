import { expect, test } from "vitest";
import { startOf } from "../../src/admin/logs/range.ts";

test("a day begins at its midnight here, and the last one of a range ends with it", () => {
  expect(startOf("2026-03-01")).toBe(new Date(2026, 2, 1).toISOString());
  expect(startOf("2026-02-28", 1)).toBe(new Date(2026, 2, 1).toISOString());
  expect(startOf("")).toBeUndefined();
  expect(startOf("tomorrow")).toBeUndefined();
});
