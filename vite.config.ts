// Builds the SPA under web/ to dist/web, and serves it in development with the Worker behind /api.
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

const worker = process.env["NUBEMOX_API"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  root: "web",
  plugins: [solid()],
  server: { host: "127.0.0.1", proxy: { "/api": { target: worker, ws: true } } },
  preview: { host: "127.0.0.1", proxy: { "/api": { target: worker, ws: true } } },
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    // noVNC asks for its decoders with a top-level await.
    target: "es2022",
    // The tokens use light-dark(), which is left as it is from these versions on.
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    // No data: addresses in styles, so that the content security policy can stay strict.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
