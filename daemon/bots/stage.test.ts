/** What an instance's own mounts are to the machine. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Stage } from './stage.js';

/** A machine whose mounts are shared, as systemd has them: a file system is mounted, an instance started, the file system unmounted. */
const machine = `set -e; other=$1; shift
mount -t tmpfs other "$other"
"$@" /bin/sh -c 'echo here; read -r _; grep -c " $0 " /proc/self/mountinfo || :; ls "$1"' "$other" "$shown" <"$pipe" &
exec 3>"$pipe"
sleep 0.2
while ! grep -q " $shown " /proc/$!/mountinfo; do sleep 0.05; done
umount "$other"
echo >&3
wait`;

test.runIf(process.getuid?.() === 0)('a file system unmounted on the machine is not held by a bot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-stage-'));
  try {
    const below = (name: string): string => join(folder, name);
    for (const name of ['other', 'instance', 'program', 'in', 'out']) mkdirSync(below(name));
    for (const name of ['node', 'program/bot.py']) writeFileSync(below(name), '');
    const real = {
      program: below('program'),
      in: below('in'),
      out: below('out'),
      sockets: below('in'),
      node: below('node'),
    };
    const { words, places } = new Stage(below('instance'), real);
    execFileSync('mkfifo', [below('pipe')]);
    const said = execFileSync(
      'unshare',
      ['--mount', '--propagation', 'shared', 'sh', '-c', machine, 'sh', below('other'), ...words],
      { encoding: 'utf8', env: { ...process.env, shown: places.program, pipe: below('pipe') } },
    );
    expect(said.split('\n')).toEqual(['here', '0', 'bot.py', '']);
    expect(execFileSync('ls', [places.program], { encoding: 'utf8' })).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
