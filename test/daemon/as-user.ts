/** A client of sherind's socket that runs as another user. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DaemonMethod, DaemonResult } from '../../daemon/protocol/daemon.js';

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups?: readonly number[];
}

export interface Answer<M extends DaemonMethod = DaemonMethod> {
  readonly result?: DaemonResult<M>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly code: string };
  };
}

const script = readFileSync(join(import.meta.dirname, 'client.py'), 'utf8');

export class AsUser {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(socket: string, { uid, gid, groups = [] }: User) {
    const more = groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')];
    const who = ['--reuid', `${uid}`, '--regid', `${gid}`, ...more];
    const child = spawn('setpriv', [...who, 'python3', '-c', script, socket], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  async ask<M extends DaemonMethod>(method: M, params: object = {}): Promise<Answer<M>> {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('sherind closed the connection');
    return JSON.parse(value) as Answer<M>;
  }

  /** What the next notification tells. */
  async heard(): Promise<object> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('sherind closed the connection');
    return (JSON.parse(value) as { readonly params: object }).params;
  }

  end(): void {
    this.#child.kill();
  }
}
