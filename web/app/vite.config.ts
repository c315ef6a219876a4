import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./compress.ts";

/** The browser does what this package would. */
export const entities = fileURLToPath(new URL("src/markdown/entities.ts", import.meta.url));

const server = process.env.CHATSTREAM_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), compress()],
  resolve: {
    conditions: ["chatstream-source", "module", "browser", "development|production"],
    alias: { entities },
  },
  build: {
    target: "es2022",
    // The page's policy is script-src and style-src 'self': nothing may stand inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // The browser's Origin and Sec-Fetch-Site speak of this server: to the other one they must be its own.
    proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } },
  },
});
