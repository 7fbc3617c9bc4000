import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const sources = path('../../../../clients/js/');

/** What a page in TypeScript does with the package. */
const PAGE = `
  import Echo from 'laravel-echo';
  import Pusher from 'pusher-js';
  import { configureEcho as configureReact } from '@laravel/echo-react';
  import { configureEcho as configureVue } from '@laravel/echo-vue';
  import { recover, withRecovery, type Missed } from '@clairon/recover';

  const onMissed = ({ channel, reason }: Missed) => console.log(channel.length, reason.length);
  const Recovering = withRecovery(Pusher, { onMissed, onUnsupported() {}, batchEndpoint: '/batch', spread: 5 });
  new Echo({ broadcaster: 'pusher', key: 'key', cluster: 'mt1', Pusher: Recovering });
  new Echo({ broadcaster: 'reverb', key: 'key', Pusher: Recovering });
  configureVue({ broadcaster: 'reverb', Pusher: Recovering });
  configureReact({ broadcaster: 'pusher', Pusher: Recovering });
  const client = recover(new Pusher('key', { cluster: 'mt1' }), { onMissed });
  new Echo({ broadcaster: 'pusher', key: 'key', client });
  const supported: boolean | undefined = client.recovery.supported;
  const subscribed: boolean = new Recovering('key', { cluster: 'mt1' }).subscribe('news').subscribed;
  console.log(supported, subscribed);
  // @ts-expect-error: not an option
  recover(client, { onMist() {} });
`;

/** The names of the package, for resolvers that differ between ES modules and CommonJS. */
const NAMES = `
  import { recover, withRecovery, type RecoveryOptions } from '@clairon/recover';
  const options: RecoveryOptions = { spread: 5 };
  export const all = [recover, withRecovery, options] as const;
`;

/** The package as npm installs it, beside the clients of this suite. */
async function install(t) {
  const folder = await mkdtemp(join(tmpdir(), 'clairon-'));
  t.after(() => rm(folder, { recursive: true }));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@clairon/recover'), { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: sources });
  const [{ filename, files }] = JSON.parse(stdout);
  await run('tar', ['--extract', '--strip-components=1', '--file', filename, '--directory', join(modules, '@clairon/recover')], {
    cwd: folder,
  });
  for (const name of ['pusher-js', 'laravel-echo', '@laravel', 'react', 'vue', '@vue']) {
    await symlink(path(`../node_modules/${name}`), join(modules, name));
  }
  return { folder, files: files.map(({ path }) => path).sort() };
}

test('the package has its scripts and types, as an ES module and for CommonJS', async (t) => {
  const { folder, files } = await install(t);
  const scripts = ['recover.cjs', 'recover.d.cts', 'recover.d.ts', 'recover.global.js', 'recover.js'];
  assert.deepEqual(files, ['LICENSE', 'README.md', ...scripts.map((name) => `dist/${name}`), 'package.json']);
  const licences = await Promise.all([path('../../../../LICENSE'), `${sources}LICENSE`].map((file) => readFile(file, 'utf8')));
  assert.equal(licences[1], licences[0]);
  const { dependencies, peerDependencies } = JSON.parse(await readFile(`${sources}package.json`));
  assert.deepEqual([dependencies, peerDependencies], [undefined, { 'pusher-js': '>=8.3' }]);

  const named = 'console.log(typeof recover, typeof withRecovery)';
  const programs = [
    ['--input-type=module', `import { recover, withRecovery } from '@clairon/recover'; ${named}`],
    ['--input-type=commonjs', `const { recover, withRecovery } = require('@clairon/recover'); ${named}`],
  ];
  for (const [type, program] of programs) {
    const { stdout } = await run('node', [type, '--eval', program], { cwd: folder });
    assert.equal(stdout, 'function function\n');
  }
});

test('the types fit Echo, its hooks and pusher-js', async (t) => {
  const { folder } = await install(t);
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
  };
  // The types of pusher-js itself are for bundlers.
  const node = { module: 'nodenext', moduleResolution: 'nodenext' };
  for (const [file, page, compilerOptions] of [
    ['page.ts', PAGE, { module: 'esnext', moduleResolution: 'bundler' }],
    ['page.mts', NAMES, node],
    ['page.cts', NAMES, node],
  ]) {
    await writeFile(join(folder, file), page);
    const config = { compilerOptions: { ...options, ...compilerOptions }, files: [file] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run(`${sources}node_modules/.bin/tsc`, ['--project', folder]).catch(({ stdout }) => assert.fail(`${file}: ${stdout}`));
  }
});
