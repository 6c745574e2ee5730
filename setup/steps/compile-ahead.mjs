/** Runs a program of dist/ and keeps what V8 has compiled of it: `node [flags] compile-ahead.mjs FOLDER ARGUMENT…`. The flags are those that it will be started with. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

const [node, , place, ...args] = process.argv;
const folder = resolve(place);
const filename = join(folder, 'program.cjs');
const script = new Script(readFileSync(filename, 'utf8'), { filename });
process.on('exit', () => {
  const compiled = join(folder, `program.${cachedDataVersionTag()}.compiled`);
  const beside = `${compiled}.${process.pid}`;
  // Whoever may run the program may read it, whatever the program has done to the umask.
  writeFileSync(beside, script.createCachedData());
  chmodSync(beside, 0o644);
  renameSync(beside, compiled);
});
process.argv = [node, filename, ...args];
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(filename), module, filename, folder);
