/** The whole log, from the records themselves, against a head. */
import { setImmediate } from 'node:timers/promises';
import { leafHash } from '../../common/merkle.js';
import { broken } from './database.js';
import { decode, type Log, type LogPoint } from './log.js';
import { TileEdge } from './tiles.js';

/** Records between two turns of the event loop. */
const stride = 1000;

/**
 * Hashes every record, decodes it, and compares root, full tiles and the list of puts. Records appended meanwhile are not looked at.
 * @throws SherinError MANIFEST_BROKEN
 */
export async function verifyLog(
  log: Log,
  head: LogPoint,
  progress: (done: number, total: number) => void = () => {},
): Promise<void> {
  let edge = TileEdge.empty();
  for (let from = 0; from < head.size; from += stride) {
    const to = Math.min(from + stride, head.size);
    const leaves: Buffer[] = [];
    for (const { index, bytes } of log.stored(from, to)) {
      const { mutation } = decode(index, bytes);
      if (mutation.type === 'put' && !log.listsPut(mutation.inode, index)) {
        throw broken(`version at record ${index} is not listed`);
      }
      leaves.push(leafHash(bytes));
    }
    const grown = edge.append(leaves);
    edge = grown.edge;
    for (const { level, index, hashes } of grown.tiles) {
      if (!log.tile(level, index).equals(hashes))
        throw broken(`tile ${level}/${index} is not that of the records`);
    }
    progress(to, head.size);
    await setImmediate();
  }
  if (!edge.root().equals(head.root)) throw broken('the records do not lead to the signed root');
}
