import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // For development: the development server forwards to the gateway of a running demo.
  server: { proxy: { '/live': { target: 'http://localhost:8080', ws: true } } },
  build: {
    emptyOutDir: true,
    // Every browser that supports light-dark() in style sheets, which the page's colours use.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Everything is its own file: the page's policy allows no inline content.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // OpenLayers, proj4 and the page itself are all needed at once, so they are one file.
    chunkSizeWarningLimit: 800,
  },
});
