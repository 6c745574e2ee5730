/** A file of real blocks that is given back when the disk is full, so that a few records still find space. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

const reserveBytes = 256 * 1024;
/** Given back at a time. */
const stepBytes = 32 * 1024;

export class Reserve {
  readonly #file: FileHandle;
  #size: number;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Opens `audit/reserve` and fills it as far as there is space. */
  static async open(dir: string): Promise<Reserve> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = await open(join(dir, 'reserve'), flags, 0o600);
    const reserve = new Reserve(file, Math.min((await file.stat()).size, reserveBytes));
    await reserve.refill();
    return reserve;
  }

  get full(): boolean {
    return this.#size >= reserveBytes;
  }

  /** Gives some blocks back; false when none are left. */
  async release(): Promise<boolean> {
    if (this.#size === 0) return false;
    this.#size = Math.max(0, this.#size - stepBytes);
    await this.#file.truncate(this.#size);
    return true;
  }

  /** Takes blocks until the reserve is whole or the disk is full again. */
  async refill(): Promise<void> {
    try {
      while (!this.full) {
        // random: a file system that compresses or drops zeros would reserve nothing
        const { bytesWritten } = await this.#file.write(randomBytes(stepBytes), 0, stepBytes, this.#size);
        this.#size += bytesWritten;
      }
      await this.#file.datasync();
    } catch {
      await this.#file.truncate(this.#size).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
