// How the dashboard is built: plain files for a server that forbids inline scripts and styles, and nothing from another host.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  build: {
    outDir: "../build/ui",
    emptyOutDir: true,
    target: "es2024",
    assetsInlineLimit: 0, // A data: address would need a hole in the content security policy.
    modulePreload: { polyfill: false },
    reportCompressedSize: false, // scripts/build-dashboard.mjs says it, of the files that are really served.
    chunkSizeWarningLimit: 900,
  },
});
