/** Running commands and talking to the person at the terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Set-up can't go on; `remedy` says what the person can do about it. */
export class SetupProblem extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

export function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

/** Standard output of a command, or undefined when it is missing or fails. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

/** Runs a command; its output is shown only when it fails. */
export function run(command, args, remedy, env = {}) {
  const shown = [command, ...args].join(' ');
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  throw new SetupProblem(`this failed${error ? ` (${error.message})` : ''}: ${shown}`, remedy);
}

/** As {@link run}, beside what follows. @returns what waits for its end, and throws where it has failed */
export function begin(command, args, remedy, env = {}) {
  const shown = [command, ...args].join(' ');
  const folder = mkdtempSync(join(tmpdir(), 'sherin-setup-'));
  const log = join(folder, 'log');
  // To a file: nobody reads a pipe while other commands run.
  const out = openSync(log, 'w');
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const ended = once(child, 'close').catch((error) => [error.message]);
  return async () => {
    const [code] = await ended;
    if (code !== 0) process.stderr.write(readFileSync(log));
    rmSync(folder, { recursive: true });
    if (code !== 0) throw new SetupProblem(`this failed: ${shown}`, remedy);
  };
}
