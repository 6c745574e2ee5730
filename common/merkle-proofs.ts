/**
 * Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4. Numbers go past 2^31, so no bit operators.
 */
import { nodeHash } from './merkle.js';

/** Root over the leaves from (inclusive) to (exclusive); `from` is a multiple of a power of two ≥ the count. */
export type RangeRoot = (from: number, to: number) => Buffer;

/** The largest power of two below `count`, which is at least 2. */
export function splitPoint(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** PATH(index, D[size]). */
export function inclusionPath(index: number, size: number, root: RangeRoot): Buffer[] {
  const path: Buffer[] = [];
  for (let from = 0, to = size; to - from > 1; ) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      path.push(root(middle, to));
      to = middle;
    } else {
      path.push(root(from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** PROOF(first, D[second]); 0 < first ≤ second. */
export function consistencyPath(first: number, second: number, root: RangeRoot): Buffer[] {
  const path: Buffer[] = [];
  let [from, to] = [0, second];
  let complete = true;
  while (first !== to) {
    const middle = from + splitPoint(to - from);
    if (first <= middle) {
      path.push(root(middle, to));
      to = middle;
    } else {
      path.push(root(from, middle));
      from = middle;
      complete = false;
    }
  }
  if (!complete) path.push(root(from, to));
  return path.reverse();
}

/** The root that a leaf and its path lead to (section 2.1.3.2); undefined when the path has not the right length. */
export function rootFromInclusion(
  index: number,
  size: number,
  leaf: Buffer,
  path: readonly Buffer[],
): Buffer | undefined {
  if (index >= size) return undefined;
  let [fn, sn] = [index, size - 1];
  let root = leaf;
  for (const sibling of path) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(sibling, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else root = nodeHash(root, sibling);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? root : undefined;
}

/** Whether the second tree begins with the first (section 2.1.4.2). */
export function isConsistent(
  first: { readonly size: number; readonly root: Buffer },
  second: { readonly size: number; readonly root: Buffer },
  path: readonly Buffer[],
): boolean {
  if (first.size === second.size) return path.length === 0 && first.root.equals(second.root);
  if (first.size < 1 || first.size > second.size) return false;
  const whole = Number.isInteger(Math.log2(first.size));
  const [seed, ...rest] = whole ? [first.root, ...path] : path;
  if (seed === undefined) return false;
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [a, b] = [seed, seed];
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      a = nodeHash(sibling, a);
      b = nodeHash(sibling, b);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else b = nodeHash(b, sibling);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && a.equals(first.root) && b.equals(second.root);
}
