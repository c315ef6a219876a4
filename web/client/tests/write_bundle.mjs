// node write_bundle.mjs FOLDER: the library as one file, FOLDER/assets/client.js, for a page that a test opens.
import { fileURLToPath } from "node:url";
import { build } from "vite";

await build({
  root: fileURLToPath(new URL("..", import.meta.url)),
  configFile: false,
  logLevel: "warn",
  build: {
    outDir: process.argv[2],
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: "src/index.ts",
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "assets/client.js" },
    },
  },
});
