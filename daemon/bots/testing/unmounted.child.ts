/**
 * A machine on which file systems are unmounted while a bot runs. Prints as JSON which of them end in spite of it, whether the bot
 * lives, and whether its start has changed what is mounted on the machine.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BotWorkplace } from './workplace.js';

const child = fileURLToPath(new URL('file-system.child.js', import.meta.url));
const patience = 10_000;

const points = process.argv.slice(2);
const servers = points.map((point) =>
  spawn(process.execPath, [child, point], { stdio: ['ignore', 'pipe', 'inherit'] }),
);
await Promise.all(servers.map(({ stdout }) => once(stdout, 'data')));
const place = new BotWorkplace();
try {
  const bot = place.bot('runner.py');
  const before = mounts();
  await bot.start();
  const changed = mounts() !== before;
  // Those below others first.
  for (const point of points.toReversed()) execFileSync('umount', [point]);
  const ended = await Promise.all(servers.map(ends));
  const said = await place.run(bot, 'print("alive")');
  process.stdout.write(JSON.stringify({ ended, said, changed }));
} finally {
  await place.remove();
}

function mounts(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}

/** Whether a process ends before patience does. */
async function ends(server: ChildProcess): Promise<boolean> {
  if (server.exitCode !== null) return true;
  return Promise.race([once(server, 'exit').then(() => true), sleep(patience, false, { ref: false })]);
}
