/** The tiles that proofs walked through last, with their inner nodes: proofs of one neighbourhood share them. */
import { splitHashes, tileRows } from './tiles.js';

type TileRows = ReturnType<typeof tileRows>;

/** About 70 KiB each. */
const kept = 16;

export class TileCache {
  readonly #read: (level: number, index: number) => Buffer;
  /** The longest unused first. */
  readonly #tiles = new Map<string, TileRows>();

  constructor(read: (level: number, index: number) => Buffer) {
    this.#read = read;
  }

  rows(level: number, index: number): TileRows {
    const key = `${level}/${index}`;
    const rows = this.#tiles.get(key) ?? tileRows(splitHashes(this.#read(level, index)));
    this.#tiles.delete(key);
    this.#tiles.set(key, rows);
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size > kept && oldest !== undefined) this.#tiles.delete(oldest);
    return rows;
  }
}
