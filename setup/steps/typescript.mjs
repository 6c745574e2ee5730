/** TypeScript → dist/, when a source changed. */
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run, say } from './run.mjs';
import { contentStamp, filesBelow, readStamp, writeStamp } from './stamp.mjs';

const stampFile = join(root, 'dist/.stamp');

export function buildTypeScript() {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const sources = filesBelow(include, (name) => name.endsWith('.ts'));
  const configuration = ['tsconfig.json', 'package-lock.json'].map((name) => join(root, name));
  const stamp = contentStamp([], [...configuration, ...sources]);
  const programs = Object.values(bin).map((path) => join(root, path));
  if (readStamp(stampFile)[0] === stamp && programs.every((program) => existsSync(program))) return;

  say('compiling TypeScript');
  removeOrphans(sources);
  run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', root],
    'look at the compiler messages above',
  );
  // npx and node_modules/.bin start them as programs.
  for (const program of programs) chmodSync(program, 0o755);
  writeStamp(stampFile, [stamp]);
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
