/** Looks for any run of 16 bytes of some contents, in whatever form it may have come: all of them in one pass. */

const run = 16;
/** Of which a run has one at each alignment, and which base64 writes with 16 characters. */
const aligned = 12;

/** What a run looks like; none is shorter than 16 bytes. Texts in the memory of Node have one byte for each character, or two. */
const forms: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  raw: (bytes) => bytes,
  base64: (bytes) => Buffer.from(bytes.subarray(0, aligned).toString('base64')),
  base64url: (bytes) => Buffer.from(bytes.subarray(0, aligned).toString('base64url')),
  hex: (bytes) => Buffer.from(bytes.toString('hex')),
  HEX: (bytes) => Buffer.from(bytes.toString('hex').toUpperCase()),
  JSON: (bytes) => Buffer.from(JSON.stringify(bytes.toString('latin1')).slice(1, -1)),
  'JSON, a byte each': (bytes) =>
    Buffer.from(JSON.stringify(bytes.toString('latin1')).slice(1, -1), 'latin1'),
  'two bytes each': (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
};

/** Bytes of the longest form, `\u0000` for each byte: pieces of what is searched must overlap by as many. */
export const longestForm = 6 * run;

/** Rolling hash of the first 16 bytes; its high bits depend on all of them. */
const base = 0x0100_0193;
const basePower = power(base, run);
const filterBits = 22;

interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

export class Traces {
  readonly #needles = new Map<number, Needle[]>();
  /** Which hashes there may be: nearly all positions are passed over without a look-up. */
  readonly #filter = new Uint8Array(2 ** (filterBits - 3));

  constructor(contents: Iterable<Buffer>) {
    for (const content of contents)
      for (let at = 0; at + run <= content.length; at++)
        for (const [form, write] of Object.entries(forms))
          this.#add({ form, bytes: write(content.subarray(at, at + run)) });
  }

  /** In which forms any run is in `bytes`. */
  find(bytes: Buffer): Set<string> {
    const found = new Set<string>();
    let hash = 0;
    for (let at = 0; at < bytes.length; at++) {
      const leaving = at < run ? 0 : Math.imul(bytes[at - run] as number, basePower);
      hash = (Math.imul(hash, base) + (bytes[at] as number) - leaving) | 0;
      if (at < run - 1 || !this.#mayBe(hash)) continue;
      for (const { form, bytes: needle } of this.#needles.get(hash) ?? []) {
        const start = at - run + 1;
        if (needle.equals(bytes.subarray(start, start + needle.length))) found.add(form);
      }
    }
    return found;
  }

  #add(needle: Needle): void {
    let hash = 0;
    for (const byte of needle.bytes.subarray(0, run)) hash = (Math.imul(hash, base) + byte) | 0;
    const known = this.#needles.get(hash);
    if (known === undefined) this.#needles.set(hash, [needle]);
    else known.push(needle);
    const bit = hash >>> (32 - filterBits);
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  #mayBe(hash: number): boolean {
    const bit = hash >>> (32 - filterBits);
    return ((this.#filter[bit >>> 3] as number) & (1 << (bit & 7))) !== 0;
  }
}

function power(of: number, times: number): number {
  let product = 1;
  for (let n = 0; n < times; n++) product = Math.imul(product, of);
  return product;
}
