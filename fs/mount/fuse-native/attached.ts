import { SherinError } from '../../../common/errors.js';
import { system } from '../../../native/index.js';
import { detach } from '../point/detach.js';
import type { Fuse } from './binding.js';
import type { Connection } from './connection.js';

const patience = 5_000;
const pause = 5;

/** A mount of ours and its connection to the kernel: from mount to the last close of a file, which may come after unmount. */
export class Attached {
  readonly path: string;
  readonly fuse: Fuse;
  readonly #connection: Connection;

  constructor(path: string, fuse: Fuse, connection: Connection) {
    this.path = path;
    this.fuse = fuse;
    this.#connection = connection;
  }

  get alive(): boolean {
    return this.#connection.alive;
  }

  /** Undoes the mount; true when it had to be detached under open files. @throws SherinError IO */
  async detach(): Promise<boolean> {
    const how = await detach(this.path);
    if (how === 'closed') await this.#ended();
    return how === 'lazy';
  }

  /** Drops what the kernel caches of nodes 1…`greatest`. @throws SherinError IO */
  async drop(greatest: number): Promise<void> {
    if (!this.alive) return;
    try {
      await system.fuseInvalidate(this.#connection.fd, 1, greatest);
    } catch (error) {
      if (this.alive) throw new SherinError('IO', { what: 'emptying the kernel cache', part: String(error) });
    }
  }

  /** Waits for libfuse's threads to have left; they have nothing to wait for but requests, which have deadlines. */
  async #ended(): Promise<void> {
    for (let waited = 0; this.alive && waited < patience; waited += pause) {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
