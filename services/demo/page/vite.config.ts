import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  // For work on the page: a demo that runs beside the development server is its gateway.
  server: { proxy: { '/socket.io': { target: 'http://localhost:8080', ws: true } } },
  build: {
    emptyOutDir: true,
    // Every browser with light-dark() in its style sheets, which the page's colours are made of.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Everything is a file of its own: the page's policy allows nothing that is written into others.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // OpenLayers, proj4 and the page itself: all of it is needed at once, so it is one file.
    chunkSizeWarningLimit: 800,
  },
});
