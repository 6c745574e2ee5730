/** The object root of a plain file: what a proof says of its content (FORMAT.md, "Objects"). */
import type { FileHandle } from 'node:fs/promises';
import { Frontier, leafHash, rootOfBlocks } from '../../common/merkle.js';

const slotBytes = 1024 * 1024;

/** Reads on to its end; it may be a pipe. @param file at its beginning */
export async function fileRoot(
  file: FileHandle,
): Promise<{ readonly root: Buffer; readonly length: number }> {
  const slots = new Frontier();
  const slot = Buffer.alloc(slotBytes);
  let length = 0;
  for (let filled = slotBytes; filled === slotBytes; ) {
    filled = 0;
    for (let read = 1; read > 0 && filled < slotBytes; filled += read)
      read = (await file.read(slot, filled, slotBytes - filled, null)).bytesRead;
    if (filled > 0) slots.append(leafHash(rootOfBlocks(slot.subarray(0, filled))));
    length += filled;
  }
  return { root: slots.root(), length };
}
