/** Merkle tree hash of RFC 9162 section 2.1 over SHA-256. */
import { hash } from 'node:crypto';

const leafPrefix = Buffer.from([0]);

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  const data = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return hash('sha256', data, 'buffer');
}

export function leafHash(data: Uint8Array): Buffer {
  return sha256(leafPrefix, data);
}

/** Where two hashes and their prefix are put together: an append to a log makes one for each leaf. */
const pair = Buffer.from([1, ...Buffer.alloc(64)]);

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== 32 || right.length !== 32) return sha256(Buffer.from([1]), left, right);
  pair.set(left, 1);
  pair.set(right, 33);
  return hash('sha256', pair, 'buffer');
}

/** Root of no leaves: SHA-256 of the empty string. */
export const emptyRoot: Buffer = sha256(Buffer.alloc(0));

/**
 * Roots of the complete subtrees of a growing tree, largest first: what is needed to append a leaf and to
 * compute the root (RFC 9162 section 2.1). Immutable in use: `append` changes this instance only.
 */
export class Frontier {
  #size: number;
  readonly #subtrees: Buffer[];

  constructor(size = 0, subtrees: readonly Uint8Array[] = []) {
    if (subtrees.length !== bitCount(size)) throw new RangeError('subtrees do not fit the size');
    this.#size = size;
    this.#subtrees = subtrees.map((subtree) => Buffer.from(subtree));
  }

  get size(): number {
    return this.#size;
  }
  get subtrees(): readonly Buffer[] {
    return this.#subtrees;
  }

  /** Appends a leaf hash (not the leaf's data). */
  append(leaf: Uint8Array): void {
    let node: Buffer = Buffer.from(leaf);
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      const left = this.#subtrees.pop();
      if (left === undefined) throw new RangeError('frontier is inconsistent');
      node = nodeHash(left, node);
    }
    this.#subtrees.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (let i = this.#subtrees.length - 1; i >= 0; i--) {
      const left = this.#subtrees[i];
      if (left === undefined) continue;
      root = root === undefined ? left : nodeHash(left, root);
    }
    return root ?? emptyRoot;
  }

  clone(): Frontier {
    return new Frontier(this.#size, this.#subtrees);
  }
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Root over leaf hashes. */
export function rootOfLeaves(leaves: Iterable<Uint8Array>): Buffer {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/** Root over the 4 KiB blocks of `data` (FORMAT.md, "Cube file" and "Snapshot"). */
export function rootOfBlocks(data: Uint8Array): Buffer {
  const frontier = new Frontier();
  for (let at = 0; at < data.length; at += 4096) frontier.append(leafHash(data.subarray(at, at + 4096)));
  return frontier.root();
}
