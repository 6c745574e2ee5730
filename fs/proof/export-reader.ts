/** Reads a manifest export from beginning to end in bounded memory: each byte is one that the canonical form has there. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { NotCanonical } from '../../common/strict-json.js';

const chunkBytes = 64 * 1024;
/** Bytes of the longest text: a path of 4096 bytes, each of which may be six characters. */
const longestText = 32 * 1024;

export class ExportReader {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Offset of the buffer in the file. */
  #offset = 0;
  #hashing = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Takes exactly this text. @throws NotCanonical */
  take(text: string): void {
    for (const byte of Buffer.from(text, 'latin1')) {
      if (this.#peek() !== byte) throw this.bad(`${JSON.stringify(text)} is missing`);
      this.#advance();
    }
  }

  /** Takes this character if it is the next one. */
  takeIf(character: string): boolean {
    if (this.#peek() !== character.charCodeAt(0)) return false;
    this.#advance();
    return true;
  }

  /** A text between quotes, in its one form. @throws NotCanonical */
  text(): string {
    const bytes: number[] = [];
    this.take('"');
    for (let byte = this.#peek(); byte !== 0x22; byte = this.#peek()) {
      if (byte === null || bytes.length > longestText) throw this.bad('a text does not end');
      bytes.push(byte);
      this.#advance();
      if (byte !== 0x5c) continue;
      bytes.push(this.#peek() ?? 0x22);
      this.#advance();
    }
    this.#advance();
    const raw = Buffer.from([0x22, ...bytes, 0x22]);
    try {
      const value: unknown = JSON.parse(raw.toString('utf8'));
      // Bytes are compared: what is not UTF-8 has become other text.
      if (typeof value === 'string' && raw.equals(Buffer.from(JSON.stringify(value)))) return value;
    } catch {
      // told below
    }
    throw this.bad('a text is not in canonical form');
  }

  /** A whole number from 0 to 2^53 − 1. @throws NotCanonical */
  count(): number {
    let digits = '';
    for (let byte = this.#peek(); byte !== null && byte >= 0x30 && byte <= 0x39; byte = this.#peek()) {
      digits += String.fromCharCode(byte);
      this.#advance();
      if (digits.length > 16) break;
    }
    const value = Number(digits);
    if (digits === '' || String(value) !== digits || !Number.isSafeInteger(value))
      throw this.bad('a number is out of bounds');
    return value;
  }

  /** Null, or what `read` reads. */
  orNull<T>(read: () => T): T | null {
    if (this.#peek() !== 0x6e) return read();
    this.take('null');
    return null;
  }

  /** Members or items up to `end`, parted by commas. */
  list(end: string, item: () => void): void {
    if (this.takeIf(end)) return;
    do item();
    while (this.takeIf(','));
    this.take(end);
  }

  /** Takes what the hash does not cover. */
  unhashed<T>(read: () => T): T {
    this.#hashing = false;
    const value = read();
    this.#hashing = true;
    return value;
  }

  /** SHA-256 of all that was taken. @throws NotCanonical when there is more */
  end(): Buffer {
    if (this.#peek() === 0x0a) this.unhashed(() => this.#advance());
    if (this.#peek() !== null) throw this.bad('it goes on behind its end');
    return this.#hash.digest();
  }

  bad(part: string): NotCanonical {
    return new NotCanonical(`${part} (at byte ${this.#offset + this.#at})`);
  }

  /** The next byte; null at the end of the file. */
  #peek(): number | null {
    if (this.#at === this.#buffer.length) {
      this.#offset += this.#at;
      const chunk = Buffer.alloc(chunkBytes);
      this.#buffer = chunk.subarray(0, readSync(this.#fd, chunk));
      this.#at = 0;
    }
    return this.#buffer[this.#at] ?? null;
  }

  /** Takes the byte that was looked at. */
  #advance(): void {
    if (this.#hashing) this.#hash.update(this.#buffer.subarray(this.#at, this.#at + 1));
    this.#at += 1;
  }
}
