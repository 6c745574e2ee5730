/** Runs a script that has the addon as `native` in a process of its own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const built = join(import.meta.dirname, '..', 'build', 'Release', 'sherin_native.node');

/** The addon and fuse-native where every user can read them: the project may stand below a private folder. */
function readableCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-addon-'));
  chmodSync(folder, 0o755);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const copy = join(folder, 'sherin_native.node');
  copyFileSync(built, copy);
  chmodSync(copy, 0o755);
  const packages = join(import.meta.dirname, '..', 'node_modules');
  for (const name of [
    'fuse-native',
    'fuse-shared-library',
    'fuse-shared-library-linux',
    'nanoresource',
    'inherits',
    'napi-macros',
    'node-gyp-build',
  ]) {
    cpSync(realpathSync(join(packages, name)), join(folder, 'node_modules', name), { recursive: true });
  }
  return copy;
}

export const addonPath = readableCopy();
/** fuse-native beside it. */
export const fuseNativePath = join(dirname(addonPath), 'node_modules', 'fuse-native', 'index.js');

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly text: string;
}

/** Top of every script: the addon, a keyring, a vault directory at `folder`, ways to make and place cubes. */
const prelude = `
const native = require(${JSON.stringify(addonPath)});
const fs = require('node:fs'), os = require('node:os'), path = require('node:path'), crypto = require('node:crypto');
const uuid = Buffer.alloc(16, 7);
function makeVault(folder) {
  fs.mkdirSync(path.join(folder, 'cubes', 'tmp'), { recursive: true });
  const vaultFd = fs.openSync(folder, 'r');
  const keyring = native.Keyring.generate(uuid);
  return { keyring, vaultFd, uuid, owner: 0, pad: '4k' };
}
function place(folder, encoded) {
  let bits = '';
  for (const byte of encoded.cube.id) bits += byte.toString(2).padStart(8, '0');
  const text = bits.padEnd(260, '0').match(/.{5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five, 2)]).join('');
  const target = path.join(folder, 'cubes', text.slice(0, 2), text + '.cube');
  fs.renameSync(path.join(folder, 'cubes', 'tmp', encoded.temporary), target);
  return target;
}
const temporaryFolder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'sherin-child-'));
`;

/** The whole of a script, for `node -e`. */
export function sourceOf(script: string): string {
  return `${prelude}const preludeSource = ${JSON.stringify(prelude)};(async () => { ${script} })().catch((error) => { console.log(error.stack); process.exitCode = 1; });`;
}

export function runScript(script: string, command: readonly string[] = [process.execPath]): Ended {
  const [program = process.execPath, ...options] = command;
  const source = sourceOf(script);
  const result = spawnSync(program, [...options, '-e', source], { encoding: 'utf8', timeout: 50_000 });
  return { status: result.status, signal: result.signal, text: result.stdout + result.stderr };
}

/** How a script ends that says `text` and nothing goes wrong. */
export const fine = (text = ''): Ended => ({ status: 0, signal: null, text });
