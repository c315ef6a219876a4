import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

test("with its parser, minified and compressed, it is under 5 kB", async () => {
  const output = (await build({
    root: fileURLToPath(new URL("..", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: "src/index.ts", preserveEntrySignatures: "strict" },
    },
  })) as Rolldown.RolldownOutput;
  const code = output.output[0].code;
  expect(code).toContain("chatstream.refreshed"); // it is the library, and not an empty file
  expect(gzipSync(code).length).toBeLessThan(5_000);
});
