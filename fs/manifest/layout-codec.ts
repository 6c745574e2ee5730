/** The body of a layout record (FORMAT.md, "Manifest log", type 11). */
import { type ByteReader, type ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { decodeNode } from './index-node.js';
import type { Layout } from './records.js';

export function writeLayout(out: ByteWriter, { object, node }: Layout, random: Buffer): void {
  out.u64(object).bytes(random).bytes32(node);
}

/** Whether the node fits the object's length, only the tree can tell. @throws MalformedBytes */
export function readLayout(input: ByteReader): Layout {
  const object = input.u64();
  if (object === 0) throw new MalformedBytes('object 0');
  input.bytes(16); // random, only there to be hashed
  const node = input.copy(input.u32());
  decodeNode(node);
  return { type: 'layout', object, node };
}
