/** The whole log in order, checked against a head. */
import { setImmediate } from 'node:timers/promises';
import { leafHash } from '../../common/merkle.js';
import { broken } from './database.js';
import { decode, type Log, type LogPoint } from './log.js';
import type { LogRecord } from './records.js';
import { type Tile, TileEdge } from './tiles.js';

/** Records between two turns of the event loop. */
const stride = 1000;

export interface LogVisitor {
  record(index: number, record: LogRecord): void;
  /** A full tile, made from the records. */
  tile?(tile: Tile): void;
  progress?(done: number, total: number): void;
}

/**
 * Shows every record of the log; what was seen may be believed once this resolves. Records appended meanwhile are not looked at.
 * @throws SherinError MANIFEST_BROKEN; what the visitor throws
 */
export async function walkLog(log: Log, head: LogPoint, visitor: LogVisitor): Promise<void> {
  let edge = TileEdge.empty();
  for (let from = 0; from < head.size; from += stride) {
    const to = Math.min(from + stride, head.size);
    const leaves: Buffer[] = [];
    for (const { index, bytes } of log.stored(from, to)) {
      visitor.record(index, decode(index, bytes));
      leaves.push(leafHash(bytes));
    }
    const grown = edge.append(leaves);
    edge = grown.edge;
    for (const tile of grown.tiles) visitor.tile?.(tile);
    visitor.progress?.(to, head.size);
    await setImmediate();
  }
  if (!edge.root().equals(head.root)) throw broken('the records do not lead to the signed root');
}
