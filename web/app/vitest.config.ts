import { defineConfig } from "vitest/config";
import { entities } from "./vite.config.ts";

export default defineConfig({
  resolve: { conditions: ["chatstream-source"], alias: { entities } },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "jsdom",
    server: { deps: { inline: ["markdown-it"] } }, // the alias counts in it too
  },
});
