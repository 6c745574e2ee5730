/** The transcripts of one folder as tests: folders run beside each other, the transcripts of one after the other. */
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
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { matches, readTranscript, runStep } from './transcript.js';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');

export function transcripts(folder: string): void {
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
      SHERIN_DAEMON_STATE: join(work, 'daemon'),
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

  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

  test.each(files)('%s', { timeout: 300_000 }, (name) => {
    for (const step of readTranscript(join(folder, name))) {
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
}
