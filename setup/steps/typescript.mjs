/** TypeScript → dist/, and the programs there each in one file, when a source changed. */
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run, say } from './run.mjs';
import { contentStamp, filesBelow, readStamp, writeStamp } from './stamp.mjs';

const stampFile = join(root, 'dist/.stamp');
/**
 * For `npx sherinctl`. As `bin` in package.json, npx would first install the whole project into its cache, from the
 * network, at the first use.
 */
const programs = {
  sherinctl: 'dist/cli/main.js',
  sherind: 'dist/daemon/main.js',
  'sherin-fs': 'dist/fs/main.js',
};
const bin = join(root, 'node_modules/.bin');

export function buildTypeScript() {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const sources = filesBelow(include, (name) => /\.ts$|^bot\.json$/.test(name));
  // What bots run in sandboxes of their own is copied as it is.
  const copied = filesBelow(['daemon/bots/coding/runners'], () => true);
  const build = ['setup/launch.mjs', 'setup/steps/compile-ahead.mjs', 'rolldown.config.js'];
  const configuration = ['tsconfig.json', 'package-lock.json', ...build].map((name) => join(root, name));
  const stamp = contentStamp([process.version], [...configuration, ...sources, ...copied]);
  if (readStamp(stampFile)[0] === stamp && linked()) return;

  say('compiling TypeScript (under a minute)');
  removeOrphans(sources);
  run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', root],
    'look at the compiler messages above',
  );
  run(
    process.execPath,
    [join(root, 'node_modules/rolldown/bin/cli.mjs'), '-c'],
    'look at the messages above',
  );
  linkPrograms();
  writeStamp(stampFile, [stamp]);
}

function linked() {
  return Object.entries(programs).every(
    ([name, path]) => existsSync(join(bin, name)) && existsSync(join(root, path)),
  );
}

function linkPrograms() {
  for (const [name, path] of Object.entries(programs)) {
    chmodSync(join(root, path), 0o755);
    rmSync(join(bin, name), { force: true });
    symlinkSync(join('../..', path), join(bin, name));
  }
}

/** Output whose source is gone would still be importable. */
function removeOrphans(sources) {
  const expected = new Set(
    sources.map((source) => join('dist', relative(root, source)).replace(/\.ts$/, '.js')),
  );
  for (const file of filesBelow(['dist'], (name) => name.endsWith('.js'))) {
    if (!expected.has(relative(root, file))) rmSync(file);
  }
}
