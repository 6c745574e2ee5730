/** Merkle tree hash, inclusion and consistency proofs, as RFC 9162 section 2.1 writes them: by recursion. */
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, join } from './bytes.js';

export const leafHash = (data: Uint8Array): Uint8Array => sha256(join(Uint8Array.of(0), data));
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(join(Uint8Array.of(1), left, right));

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH over leaf hashes. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** MTH over a list of data entries. */
export function mth(entries: readonly Uint8Array[]): Uint8Array {
  return rootOf(entries.map(leafHash));
}

/** Cuts at multiples of `size`; the last part is as short as it is. */
export function cut(data: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(data.length / size) }, (_, i) =>
    data.subarray(i * size, (i + 1) * size),
  );
}

/** MTH over the 4 KiB blocks of data. */
export function rootOfBlocks(data: Uint8Array): Uint8Array {
  return mth(cut(data, 4096));
}

/** PATH(m, D_n), RFC 9162 section 2.1.3.1. */
export function inclusionPath(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusionPath(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...inclusionPath(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

/** The root that a leaf hash and its path lead to; undefined when the path does not fit the tree's shape. */
export function rootFromPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  const sibling = path.at(-1);
  if (size === 1) return sibling === undefined ? leaf : undefined;
  if (sibling === undefined) return undefined;
  const k = split(size);
  const inner =
    index < k
      ? rootFromPath(leaf, index, k, path.slice(0, -1))
      : rootFromPath(leaf, index - k, size - k, path.slice(0, -1));
  if (inner === undefined) return undefined;
  return index < k ? nodeHash(inner, sibling) : nodeHash(sibling, inner);
}

/** PROOF(m, D_n), RFC 9162 section 2.1.4.1. */
export function consistencyPath(first: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subproof(first, leaves, true);
}

function subproof(m: number, leaves: readonly Uint8Array[], known: boolean): Uint8Array[] {
  if (m === leaves.length) return known ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), known), rootOf(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}

/** True when `path` leads from the first tree's root to the second's, RFC 9162 section 2.1.4.2. */
export function isConsistent(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (first < 1 || first > second) return false;
  if (first === second) return path.length === 0 && equalBytes(firstRoot, secondRoot);
  const power = (first & (first - 1)) === 0;
  const hashes = power ? [firstRoot, ...path] : [...path];
  let fn = first - 1;
  let sn = second - 1;
  for (; fn % 2 === 1; fn >>= 1) sn >>= 1;
  let [fr] = hashes;
  if (fr === undefined) return false;
  let sr = fr;
  for (const hash of hashes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(hash, fr);
      sr = nodeHash(hash, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else sr = nodeHash(sr, hash);
    fn >>= 1;
    sn >>= 1;
  }
  return sn === 0 && equalBytes(fr, firstRoot) && equalBytes(sr, secondRoot);
}

/** Adds a leaf hash to the MTHs of the complete subtrees of `size` leaves, largest first. */
export function grow(frontier: readonly Uint8Array[], size: number, leaf: Uint8Array): Uint8Array[] {
  const last = frontier.at(-1);
  if (size % 2 === 0 || last === undefined) return [...frontier, leaf];
  return grow(frontier.slice(0, -1), Math.floor(size / 2), nodeHash(last, leaf));
}

/** MTHs of the complete subtrees over leaf hashes, largest first. */
export function frontierOf(leaves: readonly Uint8Array[]): Uint8Array[] {
  return leaves.reduce<Uint8Array[]>((frontier, leaf, size) => grow(frontier, size, leaf), []);
}

/** The root that a frontier's subtrees make. */
export function combine(frontier: readonly Uint8Array[]): Uint8Array {
  return frontier.length === 0 ? rootOf([]) : frontier.reduceRight((right, left) => nodeHash(left, right));
}
