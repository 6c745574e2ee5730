import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Store } from './store.js';

const program = fileURLToPath(new URL('empty-mount.js', import.meta.url));

/** One file of zeros on the binding that Sherin mounts with, and nothing behind it: the bound of that binding. */
export class EmptyStore implements Store {
  readonly name = 'empty driver';
  readonly zerosOnly = true;
  readonly #bytes: number;
  #mount = '';
  #child: ChildProcess | null = null;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  async open(directory: string): Promise<void> {
    this.#mount = join(directory, 'empty-mount');
    mkdirSync(this.#mount);
    const child = spawn(process.execPath, [program, this.#mount, String(this.#bytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error('the empty driver did not mount');
      }),
    ]);
  }

  async bring(): Promise<void> {}

  path(): string {
    return join(this.#mount, 'zeros');
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
}
