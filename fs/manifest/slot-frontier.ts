/** The object root as slots arrive: MTH over slot roots, where a run of holes costs a few hashes, not one each. */
import { emptyRoot, leafHash, nodeHash, rootOfBlocks } from '../../common/merkle.js';
import { slotBytes } from './index-node.js';

/** Root of a slot of zeros of `length` bytes, 1 to 1 MiB. */
function zeroSlotRoot(length: number): Buffer {
  return rootOfBlocks(Buffer.alloc(length));
}

/** `holeSubtrees[k]` is the root over 2^k whole hole slots. */
const holeSubtrees: Buffer[] = [];

function holeSubtree(log: number): Buffer {
  const known = holeSubtrees[log];
  if (known !== undefined) return known;
  let root: Buffer;
  if (log === 0) root = leafHash(zeroSlotRoot(slotBytes));
  else {
    const half = holeSubtree(log - 1);
    root = nodeHash(half, half);
  }
  holeSubtrees[log] = root;
  return root;
}

export class SlotFrontier {
  #size = 0;
  /** Complete subtrees, largest first, with log2 of their leaves. */
  readonly #subtrees: { readonly log: number; readonly root: Buffer }[] = [];

  push(slotRoot: Uint8Array): void {
    this.#append(0, leafHash(slotRoot));
  }

  /** Appends `count` whole slots of zeros. */
  pushHoles(count: number): void {
    for (let left = count; left > 0; ) {
      const log = Math.min(trailingZeros(this.#size), Math.floor(Math.log2(left)));
      this.#append(log, holeSubtree(log));
      left -= 2 ** log;
    }
  }

  /** Appends a last slot of zeros, shorter than 1 MiB or not. */
  pushZeros(length: number): void {
    this.push(zeroSlotRoot(length));
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (const { root: left } of this.#subtrees.toReversed()) {
      root = root === undefined ? left : nodeHash(left, root);
    }
    return root ?? emptyRoot;
  }

  #append(log: number, root: Buffer): void {
    let node = { log, root };
    for (let last = this.#subtrees.at(-1); last?.log === node.log; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      node = { log: node.log + 1, root: nodeHash(last.root, node.root) };
    }
    this.#subtrees.push(node);
    this.#size += 2 ** log;
  }
}

/** Factors of two in a number; 53 for zero. */
function trailingZeros(value: number): number {
  if (value === 0) return 53;
  let zeros = 0;
  for (let rest = value; rest % 2 === 0; rest /= 2) zeros++;
  return zeros;
}
