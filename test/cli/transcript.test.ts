import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { matches, readTranscript, runStep } from './transcript.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');

let work = '';
let env: NodeJS.ProcessEnv = {};

beforeAll(() => {
  // Transcripts run what users run: the built program (npm run build).
  expect(existsSync(main)).toBe(true);
});

beforeEach(() => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'sherin-cli-')));
  const bin = join(work, '.bin');
  mkdirSync(bin);
  mkdirSync(join(work, 'mnt'));
  const shim = join(bin, 'sherinctl');
  writeFileSync(shim, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(shim, 0o755);
  env = {
    PATH: `${bin}:${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
    HOME: work,
    TZ: 'UTC',
    LC_ALL: 'C.UTF-8',
    WORK: work,
    SHERIN_VAULT: join(work, 'vault'),
    SHERIN_MOUNT: join(work, 'mnt'),
    SHERIN_RUNTIME_DIR: join(work, 'run'),
    SHERIN_TPM_STATE: join(work, 'tpm'),
    SHERIN_KNOWN_VAULTS: join(work, 'known', 'known_vaults'),
  };
});

afterEach(() => {
  const status = spawnSync('sherinctl', ['status', '--json'], { env, cwd: '/', encoding: 'utf8' });
  const down = spawnSync('sherinctl', ['down'], { env, cwd: '/' });
  const pid = /"pid":(\d+)/.exec(status.stdout)?.[1];
  if (down.status !== 0 && pid !== undefined) process.kill(Number(pid), 'SIGKILL');
  // A failed transcript may leave a mount behind.
  spawnSync('fusermount', ['-uz', join(work, 'mnt')], { stdio: 'ignore' });
  rmSync(work, { recursive: true, force: true });
});

describe('transcripts', () => {
  const files = readdirSync(here).filter((name) => name.endsWith('.txt'));

  test.each(files)('%s', { timeout: 300_000 }, (name) => {
    for (const step of readTranscript(join(here, name))) {
      const printed = runStep(step, work, env);
      if (matches(step.expected, printed)) continue;
      // The comparison shows both, the position says where.
      expect({ at: `${name}:${step.line}`, command: step.command, printed }).toEqual({
        at: `${name}:${step.line}`,
        command: step.command,
        printed: step.expected,
      });
    }
  });
});

describe('the language of transcripts', () => {
  test('… is any text in a line, any lines alone', () => {
    expect(matches(['a … c'], ['a b c'])).toBe(true);
    expect(matches(['a', '…', 'z'], ['a', 'b', 'c', 'z'])).toBe(true);
    expect(matches(['a', '…'], ['a'])).toBe(true);
    expect(matches(['a', '…', 'z'], ['a', 'b'])).toBe(false);
    expect(matches(['a.c'], ['abc'])).toBe(false);
    expect(matches([], ['a'])).toBe(false);
  });
});
