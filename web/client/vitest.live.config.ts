import { defineConfig } from "vitest/config";

// Against the server at CHATSTREAM_URL, with the demo's accounts; tests/client/test_library.py starts one.
export default defineConfig({
  test: { environment: "node", include: ["tests/live/*.test.ts"], testTimeout: 30_000 },
});
