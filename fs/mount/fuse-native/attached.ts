import { SherinError } from '../../../common/errors.js';
import { system } from '../../../native/index.js';
import type { Fuse } from './binding.js';
import { fusermount } from './fusermount.js';
import { fileSystemType } from './mount-point.js';
import { mountsAt } from './mount-table.js';

/** A connection to the kernel: from mount to the last close of a file, which may come after unmount. */
export class Attached {
  readonly path: string;
  readonly fuse: Fuse;
  /** Its descriptor of /dev/fuse. */
  readonly #fd: number;

  constructor(path: string, fuse: Fuse, fd: number) {
    this.path = path;
    this.fuse = fuse;
    this.#fd = fd;
  }

  /** False after its end: then the descriptor is closed and may be another file's. */
  get alive(): boolean {
    return system.fuseFds().includes(this.#fd);
  }

  /** Undoes the mount; true when it had to be detached under open files. @throws SherinError IO */
  async detach(): Promise<boolean> {
    if ((await mountsAt(this.path)).at(-1)?.type !== fileSystemType) return false;
    if ((await fusermount(this.path, { lazy: false })) === null) return false;
    const refusal = await fusermount(this.path, { lazy: true });
    if (refusal === null) return true;
    throw new SherinError('IO', { what: 'unmounting', part: refusal });
  }

  /** Drops what the kernel caches of nodes 1…`greatest`. @throws SherinError IO */
  async drop(greatest: number): Promise<void> {
    if (!this.alive) return;
    try {
      await system.fuseInvalidate(this.#fd, 1, greatest);
    } catch (error) {
      if (this.alive) throw new SherinError('IO', { what: 'emptying the kernel cache', part: String(error) });
    }
  }
}
