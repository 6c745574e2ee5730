/** A mount served by a process of its own, as the tests hold it. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from '../../common/built.fixture.js';
import type { DriverLimits } from '../../fs/mount/driver.js';
import { pause } from './programs.js';
import type { Command, Counts, ServerOptions } from './server.js';

interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

type Options = Omit<ServerOptions, 'path' | 'driver'>;

export class CommandFailed extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class Mounted {
  readonly path: string;
  readonly #server: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 0;

  private constructor(path: string, server: ChildProcess) {
    this.path = path;
    this.#server = server;
    server.on('message', (answer: Answer) => {
      this.#waiting.get(answer.number)?.(answer);
      this.#waiting.delete(answer.number);
    });
  }

  /** Starts a server for a new directory; it does not mount yet. */
  static async start(
    { name: driver }: DriverLimits,
    options: Options = {},
    path = newFolder(),
  ): Promise<Mounted> {
    const server = fork(built(join(import.meta.dirname, 'server.ts')), [
      JSON.stringify({ ...options, driver, path }),
    ]);
    await new Promise<void>((resolve, reject) => {
      server.once('message', () => resolve());
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    return new Mounted(path, server);
  }

  static async mount(limits: DriverLimits, options: Options = {}): Promise<Mounted> {
    const mounted = await Mounted.start(limits, options);
    await mounted.do({ do: 'mount' });
    return mounted;
  }

  get pid(): number {
    return this.#server.pid ?? 0;
  }
  /** A path below `files/`. */
  file(name: string): string {
    return join(this.path, 'files', name);
  }

  async do(command: Command): Promise<unknown> {
    const number = this.#next++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(number, resolve);
      this.#server.send({ number, command });
    });
    if (answer.error !== undefined) throw new CommandFailed(answer.error.code, answer.error.message);
    return answer.result;
  }

  async counts(): Promise<Counts> {
    return (await this.do({ do: 'counts' })) as Counts;
  }

  /** Kills the server the hard way. */
  async kill(): Promise<void> {
    await this.#end(() => this.#server.kill('SIGKILL'));
  }

  /** Unmounts, ends the server and removes the directory. */
  async close(): Promise<void> {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      await this.do({ do: 'free' });
      await this.do({ do: 'unmount' });
      await this.#end(() => this.#server.disconnect());
    }
    rmSync(this.path, { recursive: true, force: true });
  }

  async #end(how: () => void): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once('exit', resolve));
    how();
    await ended;
  }
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sherin-mount-'));
}

export function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'latin1').includes(` ${path} `);
}

/** Waits for the kernel to have let go of a mount. */
export async function untilUnmounted(path: string): Promise<void> {
  while (isMounted(path)) await pause();
}
