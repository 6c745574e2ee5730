/** Which handles the addon reads by itself, and how far it knows their content. */
import type { FuseSession } from '../../../native/index.js';
import { fanOut, slotBytes } from '../../manifest/index-node.js';
import type { FileSystem } from '../file-system.js';
import type { ReadGrant } from '../source.js';

/** Slots that a sequential reader is read ahead (native/fuse/prefetch.cc). */
const slotsAhead = 4;

export class Grants {
  readonly #session: FuseSession;
  readonly #fs: FileSystem;
  /** What is granted, by handle. */
  readonly #granted = new Map<number, { readonly grant: ReadGrant; readonly size: number }>();

  constructor(session: FuseSession, fs: FileSystem) {
    this.#session = session;
    this.#fs = fs;
  }

  /** Grants a handle its present content; `offset` is where it is read, as large files are named piece by piece. */
  give(handle: number, node: number, offset: number): void {
    let granted = this.#granted.get(handle);
    if (granted === undefined) {
      const file = this.#fs.presentFile(handle);
      if (file?.grant === undefined || file.size === 0) return;
      const { grant, size } = file;
      granted = { grant, size };
      this.#granted.set(handle, granted);
      this.#session.grant(handle, node, grant.reader, size);
    }
    const slot = Math.floor(offset / slotBytes);
    const first = slot - (slot % fanOut);
    this.#extend(handle, granted, first);
    // Near the end of those a read may reach into the next, and what is read ahead does.
    if (slot + slotsAhead >= first + fanOut) this.#extend(handle, granted, first + fanOut);
  }

  take(handle: number): void {
    if (this.#granted.delete(handle)) this.#session.revoke(handle);
  }

  takeAll(): void {
    this.#granted.clear();
    this.#session.withdraw(null);
  }

  /** Names the slots that one node of the index describes: 64 MiB of a file. */
  #extend(handle: number, { grant, size }: { grant: ReadGrant; size: number }, first: number): void {
    const end = Math.min(first + fanOut, Math.ceil(size / slotBytes));
    for (let index = first; index < end; index++) {
      this.#session.extend(handle, index, grant.segments(index));
    }
  }
}
