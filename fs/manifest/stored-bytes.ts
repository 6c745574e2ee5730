/** What a file takes up, as its root node alone tells it. */
import { decodeNode, fanOut, rootLevel, slotBytes, slotCount } from './index-node.js';
import { inlineNode, type ObjectState } from './state.js';

/** Bytes of an entry that is no hole: a cube in a node of slots, a child above it (FORMAT.md, "Objects"). */
const cubeEntry = 69;
const childEntry = 33;
const nodeHead = 4;

/** As {@link storedBytes}, as far as memory alone tells them; 0 for one that was given up. */
export function storedBytesOf({
  node,
  nodeLength,
  length,
}: Pick<ObjectState, 'node' | 'nodeLength' | 'length'>): number {
  if (nodeLength === 0) return 0;
  return nodeLength > inlineNode ? length : storedBytes(node, length);
}

/** Bytes of an object of `length` bytes without the holes that its root node shows: never too few. */
export function storedBytes(node: Buffer, length: number): number {
  const count = slotCount(length);
  const level = rootLevel(count);
  const span = fanOut ** level;
  // A node of this size has no hole, as of nearly every file.
  if (node.length >= nodeHead + Math.ceil(count / span) * (level === 0 ? cubeEntry : childEntry))
    return length;
  const { entries } = decodeNode(node);
  let stored = length;
  for (const [i, entry] of entries.entries()) {
    const hole = entry === null || ('kind' in entry && entry.kind === 'hole');
    if (hole) stored -= Math.min(span * slotBytes, length - i * span * slotBytes);
  }
  return stored;
}
