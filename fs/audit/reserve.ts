/** A file of real blocks that is given back when the disk is full, so that a few records still find space. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unwritable } from './fault.js';

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

  /** Opens `audit/reserve` and fills it as far as there is space; what stands in its place and is no file of its own goes. */
  static async open(dir: string): Promise<Reserve> {
    const path = join(dir, 'reserve');
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    let file = await open(path, O_RDWR | O_NOFOLLOW).catch(() => null);
    const facts = await file?.stat();
    // Another name of it may be anyone's file, which must neither grow nor shrink.
    if (file === null || facts?.isFile() !== true || facts.nlink !== 1) {
      await file?.close();
      await rm(path, { recursive: true, force: true });
      file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    }
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

/** Without one nothing is written. @throws SherinError AUDIT_UNWRITABLE */
export async function openReserve(dir: string, writer: { close(): Promise<void> }): Promise<Reserve> {
  try {
    return await Reserve.open(dir);
  } catch (error) {
    await writer.close();
    throw unwritable(error);
  }
}
