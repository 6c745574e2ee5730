/** A segment of the copy of the log: two groups, the second with an index node (FORMAT.md, "Copy of the log"). Made by the reference. */
import { bytesToHex as hex } from '../reference/bytes.js';
import { encodeHead, signHead, type TreeHead } from '../reference/head.js';
import type { Json } from '../reference/json.js';
import type { Master } from '../reference/keys.js';
import { encodeSegment } from '../reference/log-copy.js';
import { mth } from '../reference/merkle.js';

/**
 * @param head one over all records, of which the size is changed
 * @param node that is not the root of an object
 */
export function logCopyVector(
  master: Master,
  records: readonly Uint8Array[],
  head: TreeHead,
  node: Uint8Array,
): Json {
  const headOf = (size: number): TreeHead => ({ ...head, size, root: mth(records.slice(0, size)) });
  const [first, size] = [0, 3];
  const salt = new Uint8Array(32).map((_, i) => 0xc0 + i);
  const groups = [
    { records: records.slice(first, size), nodes: [], head: headOf(size) },
    { records: records.slice(size), nodes: [node], head: headOf(records.length) },
  ];
  return {
    ...{ number: 7, salt: hex(salt), first, node: hex(node) },
    heads: groups.map(({ head: one }) => ({
      layout: hex(encodeHead(one)),
      signature: hex(signHead(master, one)),
    })),
    file: hex(encodeSegment(master, { number: 7, salt, first }, groups)),
  };
}
