/** Where heads are kept outside of the vault: a file that grows by lines, or a program that gets each on its standard input. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

/** Keeps a line, or says in one phrase why it could not. Ends by itself, a file system that hangs aside. */
export type KeepLine = (line: string) => Promise<void>;

/** Why a line was not kept. */
export class NotKept extends Error {}

const commandSeconds = 30;
const lineFeed = 10;

/** Appends to a plain file, durably; what a crash has cut there stays a line of its own. */
export function fileTarget(path: string): KeepLine {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  return async (line) => {
    if (!isAbsolute(path)) throw new NotKept('its path is not absolute');
    const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw new NotKept('it is no regular file');
      const last = Buffer.alloc(1);
      if (facts.size > 0) await file.read(last, 0, 1, facts.size - 1);
      const start = facts.size > 0 && last[0] !== lineFeed ? '\n' : '';
      const bytes = Buffer.from(`${start}${line}\n`);
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten !== bytes.length) throw new NotKept('it took a part only');
      await file.datasync();
    } finally {
      await file.close();
    }
  };
}

/** Starts a program, without arguments and without a shell, for each line; it has kept it when it ends with 0. */
export function commandTarget(path: string): KeepLine {
  return async (line) => {
    if (!isAbsolute(path)) throw new NotKept('its path is not absolute');
    const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env;
    const child = spawn(path, [], { cwd: '/', env: { PATH, HOME }, stdio: ['pipe', 'ignore', 'ignore'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), commandSeconds * 1000).unref();
    try {
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) =>
          code === 0 ? resolve() : reject(new NotKept(`it ended with ${code ?? signal}`)),
        );
        // It may end before it has read anything: its exit code tells.
        child.stdin.on('error', () => undefined);
        child.stdin.end(`${line}\n`);
      });
    } finally {
      clearTimeout(timer);
    }
  };
}
