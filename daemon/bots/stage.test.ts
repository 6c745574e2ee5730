/** What an instance's own mounts are to the machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { Stage } from './stage.js';

const child = built(join(import.meta.dirname, 'testing/unmounted.child.ts'));
let folder: string;
const below = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-stage-'));
  for (const name of ['other', 'instance', 'program', 'in', 'out']) mkdirSync(below(name));
  for (const name of ['node', 'program/bot.py']) writeFileSync(below(name), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

function stage(): Stage {
  return new Stage(below('instance'), {
    ...{ program: below('program'), in: below('in'), out: below('out'), sockets: below('in') },
    node: below('node'),
  });
}

/** A mount namespace of its own, whose mounts are shared, as systemd has them, or private, as many a container has them. */
function machine(propagation: string, script: string, args: readonly string[], env: object = {}) {
  const begin = `set -e; mount --make-r${propagation} /; ${script}`;
  const words = ['--mount', '--propagation', 'private', 'sh', '-c', begin, 'sh', ...args];
  return spawnSync('unshare', words, { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe.runIf(process.getuid?.() === 0)('on a machine', () => {
  test.each(['shared', 'private'])(
    'whose mounts are %s: a bot holds nothing that is unmounted there',
    (propagation) => {
      // /usr is what a bot sees of the machine.
      const places = 'mount -t tmpfs usr /usr/src; mkdir "/usr/src/a b" /usr/src/c; exec "$@"';
      const points = [below('other'), '/usr/src/a b', '/usr/src/c'];
      const { stdout, stderr } = machine(propagation, places, [process.execPath, child, ...points]);
      expect(JSON.parse(stdout || 'null'), stderr).toEqual({
        ended: points.map(() => true),
        said: 'alive\nexit 0\n',
        changed: false,
      });
    },
  );

  test.each(['shared', 'private'])(
    'whose mounts are %s: what an instance is shown is mounted for it alone, and the rest is not there',
    (propagation) => {
      const { words, places } = stage();
      execFileSync('mkfifo', [below('pipe')]);
      const script = `other=$1; shift
mount -t tmpfs other "$other"
"$@" /bin/sh -c 'echo here; read -r _; grep -c " other " /proc/self/mountinfo || :; ls "$0"; ls /' "$shown" <"$pipe" &
exec 3>"$pipe"
while kill -0 $! && ! grep -q " $shown " /proc/$!/mountinfo; do sleep 0.05; done
umount "$other"
echo >&3
wait`;
      const env = { shown: places.program, pipe: below('pipe') };
      const { stdout } = machine(propagation, script, [below('other'), ...words], env);
      const [here, others, program, ...top] = stdout.trim().split('\n');
      expect([here, others, program]).toEqual(['here', '0', 'bot.py']);
      for (const name of ['home', 'mnt', 'root', 'srv', 'sys', 'var']) expect(top).not.toContain(name);
      expect(execFileSync('ls', [places.program], { encoding: 'utf8' })).toBe('');
    },
  );

  test.each(['umount', 'pivot_root'])('nothing is started where %s fails', (tool) => {
    const hidden = `mount --bind /bin/false "$(command -v ${tool})"; exec "$@"`;
    const run = (script: string) => machine('private', script, [...stage().words, 'echo', 'started']);
    expect(run(hidden)).toMatchObject({ status: 1, stdout: '' });
  });
});
