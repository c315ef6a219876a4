import { expect, test } from "vitest";
import { withEvent } from "../src/index.ts";

test("text", () => {
  expect(withEvent("a", { type: "message", id: "", data: { content: "b" } })).toBe("ab");
});
