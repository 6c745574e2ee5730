import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyMount } from '../program.js';
import type { Store } from './store.js';

const onFuseNative = fileURLToPath(new URL('empty-fuse-native.js', import.meta.url));

/** One file of zeros on the library that Sherin's driver mounts with, and nothing behind it: the bound of that driver. */
export class EmptyStore implements Store {
  readonly name = 'empty driver';
  readonly zerosOnly = true;
  readonly #driver: string;
  readonly #bytes: number;
  #mount = '';
  #child: ChildProcess | null = null;

  /** @param driver the one that Sherin uses: over fuse-native (libfuse 2), or else over libfuse 3 */
  constructor(driver: string, bytes: number) {
    this.#driver = driver;
    this.#bytes = bytes;
  }

  async open(directory: string): Promise<void> {
    this.#mount = join(directory, 'empty-mount');
    mkdirSync(this.#mount);
    const [program, ...script] =
      this.#driver === 'fuse-native' ? [process.execPath, onFuseNative] : [emptyMount()];
    const child = spawn(program, [...script, this.#mount, String(this.#bytes)], {
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

  async settle(): Promise<void> {}

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
