/** Private buffers for reads that have to wait: the request's own may be gone when the bytes come. */

export interface Scratch {
  readonly buffer: Buffer;
  /** Wipes the first `used` bytes and gives the buffer back. */
  release(used: number): void;
}

/** Lends buffers of one size; at most `limit` are out, who comes later waits. */
export class ScratchPool {
  readonly #size: number;
  readonly #limit: number;
  readonly #kept: number;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #out = 0;

  constructor(options: { readonly size: number; readonly limit: number; readonly kept: number }) {
    this.#size = options.size;
    this.#limit = options.limit;
    this.#kept = options.kept;
  }

  /** A buffer of at least `length` bytes. */
  async take(length: number): Promise<Scratch> {
    if (length > this.#size) {
      const buffer = Buffer.allocUnsafeSlow(length);
      return { buffer, release: (used) => void buffer.fill(0, 0, used) };
    }
    return this.#lend(await this.#next());
  }

  #next(): Buffer | Promise<Buffer> {
    if (this.#out >= this.#limit) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#out += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  #lend(buffer: Buffer): Scratch {
    return {
      buffer,
      release: (used) => {
        buffer.fill(0, 0, used);
        const next = this.#waiting.shift();
        if (next !== undefined) {
          next(buffer);
          return;
        }
        this.#out -= 1;
        if (this.#free.length < this.#kept) this.#free.push(buffer);
      },
    };
  }
}
