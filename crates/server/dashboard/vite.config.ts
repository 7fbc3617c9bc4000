import { readFileSync } from 'node:fs';

import { defineConfig, type Plugin } from 'vite';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Writes `licenses.txt`: the names, versions and licences of what is bundled. Packages of the server include it. */
const licenses: Plugin = {
  name: 'licenses',
  generateBundle() {
    const { dependencies } = JSON.parse(read('./package.json')) as { dependencies: Record<string, string> };
    const texts = Object.entries(dependencies).map(
      ([name, version]) => `${name} ${version}\n\n${read(`./node_modules/${name}/LICENSE`).trim()}\n`,
    );
    this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: texts.join(`\n${'-'.repeat(80)}\n\n`) });
  },
};

export default defineConfig({
  base: './',
  plugins: [licenses],
  build: {
    // Browsers since the spring of 2024: the style sheet uses `light-dark()`.
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
