/** A process at work in a directory (worker/main.py), asked line by line. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './operation.js';

const program = fileURLToPath(new URL('worker/main.py', import.meta.url));

export interface WorkerSettings {
  /** Name of its side: workers of one side hand each other handles. */
  readonly group: string;
  readonly process: number;
  /** It becomes this user. */
  readonly user: number | null;
  /** Finest step of file times in its directory, in nanoseconds. */
  readonly timeStep: number;
}

export class Worker {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #rest = '';
  #said = '';
  #before: Promise<unknown> = Promise.resolve();
  #asked: { command: object; resolve(line: string): void; reject(error: Error): void } | null = null;

  constructor(settings: WorkerSettings) {
    const child = spawn('python3', ['-B', program, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    // A worker that has ended says why when it is asked.
    child.stdin.on('error', () => undefined);
    child.once('close', () => {
      const doing = JSON.stringify(this.#asked?.command);
      this.#asked?.reject(new Error(`a worker ended at ${doing}: ${this.#said}`));
    });
  }

  /** Does one thing, after what it was asked before, which may not be waited for any more. @throws Error when the worker ends meanwhile */
  ask(command: object): Promise<Outcome> {
    const outcome = this.#before.then(() => this.#askNow(command));
    this.#before = outcome.catch(() => undefined);
    return outcome;
  }

  async #askNow(command: object): Promise<Outcome> {
    const line = await new Promise<string>((resolve, reject) => {
      if (this.#child.exitCode !== null) reject(new Error(`a worker has ended: ${this.#said}`));
      this.#asked = { command, resolve, reject };
      this.#child.stdin.write(`${JSON.stringify(command)}\n`);
    });
    return JSON.parse(line) as Outcome;
  }

  /** Ends it, even in the middle of a call that does not return. */
  end(): void {
    if (this.#asked !== null) {
      process.stderr.write(`a worker has not answered ${JSON.stringify(this.#asked.command)}\n`);
    }
    this.#child.kill('SIGKILL');
  }

  #take(text: string): void {
    this.#rest += text;
    if (!text.endsWith('\n')) return;
    const asked = this.#asked;
    const line = this.#rest;
    this.#rest = '';
    this.#asked = null;
    asked?.resolve(line);
  }
}
