import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  build: {
    // Browsers since the spring of 2024: the style sheet uses `light-dark()`.
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
