import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.CHATSTREAM_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["chatstream-source", "module", "browser", "development|production"] },
  build: {
    // Where the application serves it from; made by the build, never committed.
    outDir: "../../chatstream/static/app",
    emptyOutDir: true,
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
