/** A file that is written in pieces and hashed on the way. */
import { createHash } from 'node:crypto';
import { fdatasync, write } from 'node:fs';
import { promisify } from 'node:util';

const writeTo = promisify(write);
const sync = promisify(fdatasync);
const pieceBytes = 256 * 1024;

export class ExportFile {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #waiting: string[] = [];
  #length = 0;
  #bytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async add(text: string): Promise<void> {
    this.#waiting.push(text);
    this.#length += text.length;
    if (this.#length >= pieceBytes) await this.#flush(true);
  }

  /** Values of a list. */
  async addAll(items: Iterable<string>): Promise<void> {
    let first = true;
    for (const item of items) {
      await this.add(first ? item : `,${item}`);
      first = false;
    }
  }

  /** SHA-256 of what was added and of `rest`, which comes behind it. */
  digestWith(rest: string): Buffer {
    const hash = this.#hash.copy();
    for (const text of this.#waiting) hash.update(text);
    return hash.update(rest).digest();
  }

  /** Adds the end, which the hash does not know, durably. */
  async end(text: string): Promise<void> {
    await this.#flush(true);
    this.#waiting.push(text);
    await this.#flush(false);
    await sync(this.#fd);
  }

  async #flush(hashed: boolean): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#length = 0;
    if (hashed) this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await writeTo(this.#fd, bytes, at, bytes.length - at, this.#bytes + at);
      at += bytesWritten;
    }
    this.#bytes += bytes.length;
  }
}
