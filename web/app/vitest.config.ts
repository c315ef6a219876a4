import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["chatstream-source"] },
  test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "jsdom" },
});
