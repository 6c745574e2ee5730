/** Many connections to sherind at once, of a process that runs as another user. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** In its words, as not every user may read where it lies. */
const script = readFileSync(join(import.meta.dirname, 'clients.py'), 'utf8');

export class Crowd {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<unknown>;

  constructor(socket: string, uid: number, kind: 'asking' | 'deaf' | 'dying', count: number) {
    const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const child = spawn('setpriv', [...who, 'python3', '-c', script, socket, kind, `${count}`], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once('close', resolve));
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** How many of them are as they should be. */
  async right(): Promise<number> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the clients have ended');
    return Number(value);
  }

  /** Has each ask once more. */
  again(): void {
    this.#child.stdin?.write('\n');
  }

  /** All of them at once, wherever they are. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
