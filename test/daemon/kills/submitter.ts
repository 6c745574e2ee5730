/** A user who keeps submitting requests, whatever is killed meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Machine } from '../../vault/machine.js';

/** In its words, as not every user may read where it lies. */
const script = readFileSync(join(import.meta.dirname, 'submitter.py'), 'utf8');

export interface Accepted {
  readonly text: string;
  readonly domain: string;
  readonly task_id: string;
}

export class Submitter {
  readonly accepted: Accepted[] = [];
  readonly #child: ChildProcess;
  #ended = false;

  constructor({ mount, home }: Machine, uid: number) {
    const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const child = spawn('setpriv', [...who, 'python3', '-c', script, mount, join(home, 'run/sherind.sock')], {
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.accepted.push(JSON.parse(line) as Accepted));
    lines.on('close', () => {
      this.#ended = true;
    });
  }

  ask(domain: string, text: string): void {
    this.#child.stdin?.write(`${domain} ${text}\n`);
  }

  /** Nothing more is asked. */
  end(): void {
    this.#child.stdin?.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** All of it was accepted. */
  get ended(): boolean {
    return this.#ended;
  }
}
