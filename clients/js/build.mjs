// Builds `dist`, which is committed: the server has it inside. With `--check` it fails if `dist` is not what the sources
// give, or is larger than promised.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

/** The promised size of each script in bytes, compressed with gzip. */
const MOST_BYTES = 1_500;

const checks = process.argv.includes('--check');
const root = import.meta.dirname;
const dist = join(root, 'dist');
const out = checks ? mkdtempSync(join(tmpdir(), 'recover-')) : dist;

const options = {
  bundle: true,
  minify: true,
  target: 'es2020',
  banner: { js: '/*! @clairon/recover, MIT */' },
  logLevel: 'warning',
  // The entry for CommonJS exports with `module`.
  logOverride: { 'commonjs-variable-in-esm': 'silent' },
};
const scripts = [
  ['recover.js', 'recover', 'esm'],
  ['recover.cjs', 'commonjs', 'cjs'],
  ['recover.global.js', 'global', 'iife'],
];
for (const [name, entry, format] of scripts) {
  await build({ ...options, entryPoints: [join(root, `src/${entry}.ts`)], format, outfile: join(out, name) });
}
execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', root, '--outDir', out], { stdio: 'inherit' });
await copyFile(join(out, 'recover.d.ts'), join(out, 'recover.d.cts'));
// The types of the package are those of its entry.
for (const name of readdirSync(out)) if (/^(?!recover\.).*\.d\.ts$/.test(name)) rmSync(join(out, name));

for (const [name] of scripts) {
  const size = gzipSync(readFileSync(join(out, name)), { level: 9 }).length;
  console.log(`${name}: ${size} bytes with gzip`);
  if (size > MOST_BYTES) throw new Error(`${name} has ${size} bytes with gzip, ${MOST_BYTES} are promised`);
}

if (checks) {
  const [built, committed] = [out, dist].map((folder) =>
    Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
  );
  rmSync(out, { recursive: true });
  for (const name of new Set([...Object.keys(built), ...Object.keys(committed)])) {
    if (built[name] !== committed[name]) {
      throw new Error(`clients/js/dist/${name} is not what the sources give: run \`npm run build\` in clients/js`);
    }
  }
}
