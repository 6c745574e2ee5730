/** The file of a segment before it has a head: zeros, which an append writes over without changing anything but bytes. */
import { closeSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { system } from '../../../native/index.js';
import type { JournalFolder } from './folder.js';
import { headBytes } from './segment-head.js';

const writeSome = promisify(write);
const zeros = Buffer.alloc(256 * 1024);

export class BlankSegment {
  readonly number: number;
  readonly fd: number;
  /** Bytes of the file. */
  readonly capacity: number;
  /** The file and its name are durable. Rejects with NativeError, ErrnoException ENOSPC, EIO. */
  readonly filled: Promise<void>;
  readonly #folder: JournalFolder;
  #filling = true;
  #dropped = false;

  /**
   * Makes the file, with a number not below `from`.
   * @param room bytes of frames that it is to hold
   * @throws NativeError ENOSPC, EIO; SherinError IO
   */
  constructor(folder: JournalFolder, from: number, room: number) {
    const { number, fd } = folder.create(from);
    this.number = number;
    this.fd = fd;
    this.capacity = headBytes + room;
    this.#folder = folder;
    this.filled = this.#fill();
  }

  /** Removes it: nothing is to be written to it. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#folder.remove(this.number);
    if (!this.#filling) closeSync(this.fd);
  }

  async #fill(): Promise<void> {
    try {
      for (let at = 0; at < this.capacity && !this.#dropped; ) {
        const size = Math.min(zeros.length, this.capacity - at);
        at += (await writeSome(this.fd, zeros, 0, size, at)).bytesWritten;
      }
      if (!this.#dropped) await system.fdatasync(this.fd);
      if (!this.#dropped) await this.#folder.syncNames();
    } finally {
      this.#filling = false;
      if (this.#dropped) closeSync(this.fd);
    }
  }
}

/** Has the next segment made while there is still room in the present one: the append that needs it does not wait for it. */
export class NextSegment {
  readonly #folder: JournalFolder;
  #blank: BlankSegment | null = null;

  constructor(folder: JournalFolder) {
    this.#folder = folder;
  }

  /** Makes one, unless there is one. It is no fault where that can not be: the append that needs it tells. */
  prepare(from: number, room: number): void {
    if (this.#blank !== null) return;
    try {
      const blank = new BlankSegment(this.#folder, from, room);
      this.#blank = blank;
      blank.filled.catch(() => {
        if (this.#blank === blank) this.drop();
      });
    } catch {
      this.#blank = null;
    }
  }

  /** It is the caller's from now on; null where there is none. */
  take(): BlankSegment | null {
    const blank = this.#blank;
    this.#blank = null;
    return blank;
  }

  drop(): void {
    this.take()?.drop();
  }
}
