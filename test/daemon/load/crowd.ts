/** Many connections to sherind at once, of processes that run as other users. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** In its words, as not every user may read where it lies. */
const script = readFileSync(join(import.meta.dirname, 'clients.py'), 'utf8');

type Kind = 'asking' | 'deaf' | 'dying';

/** Clients of one user. */
class Clients {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<unknown>;

  constructor(socket: string, uid: number, kind: Kind, count: number) {
    const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const child = spawn('setpriv', [...who, 'python3', '-c', script, socket, kind, `${count}`], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#gone = new Promise((resolve) => child.once('close', resolve));
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async right(): Promise<number> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the clients have ended');
    return Number(value);
  }

  again(): void {
    this.#child.stdin?.write('\n');
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

/** Clients of one kind, as many of each user. */
export class Crowd {
  readonly #clients: readonly Clients[];

  constructor(socket: string, uids: readonly number[], kind: Kind, count: number) {
    this.#clients = uids.map((uid) => new Clients(socket, uid, kind, count / uids.length));
  }

  /** How many of them are as they should be. */
  async right(): Promise<number> {
    const counts = await Promise.all(this.#clients.map((each) => each.right()));
    return counts.reduce((sum, one) => sum + one, 0);
  }

  /** Has each ask once more. */
  again(): void {
    for (const each of this.#clients) each.again();
  }

  /** All of them at once, wherever they are. */
  async kill(): Promise<void> {
    await Promise.all(this.#clients.map((each) => each.kill()));
  }
}
