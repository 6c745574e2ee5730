const lineEnd = 0x0a;
const nothing: Buffer = Buffer.alloc(0);

/** A line without its end; `too-long` stands for one beyond the limit, whose bytes are dropped. */
export type Line = Buffer | 'too-long';

/** Cuts a stream of bytes into lines and never holds more than what was pushed last and one unfinished line. */
export class LineSplitter {
  /** Bytes of a line with its end. */
  readonly #limit: number;
  #bytes = nothing;
  /** Within a line that was reported as too long. */
  #dropping = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** The next line, or null until more bytes come. A line is reported as too long as soon as it is. */
  next(): Line | null {
    if (this.#dropping && !this.#dropLine()) return null;
    const end = this.#bytes.indexOf(lineEnd);
    if (end < 0) return this.#unended();
    const line = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return end + 1 > this.#limit ? 'too-long' : line;
  }

  /** True within a line, once `next` has answered null. */
  get unfinished(): boolean {
    return this.#dropping || this.#bytes.length > 0;
  }

  /** True when the end of the line was among the bytes. */
  #dropLine(): boolean {
    const end = this.#bytes.indexOf(lineEnd);
    this.#bytes = end < 0 ? nothing : this.#bytes.subarray(end + 1);
    this.#dropping = end < 0;
    return end >= 0;
  }

  #unended(): 'too-long' | null {
    if (this.#bytes.length < this.#limit) {
      // A copy: the rest of a few bytes must not keep the whole chunk in memory.
      this.#bytes = Buffer.from(this.#bytes);
      return null;
    }
    this.#bytes = nothing;
    this.#dropping = true;
    return 'too-long';
  }
}
