/** The write-ahead log beside a database (SQLite file format, section 4): pages committed but not yet moved. */
import { must } from './refused.js';

export interface WalPages {
  /** Pages of the database after the last commit. */
  readonly count: number;
  /** Newest committed content of a page, still encrypted. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

const headerSize = 32;
const frameHeaderSize = 24;

/** The running checksum of section 4.1 over 8-byte steps. */
function checksum(
  state: readonly [number, number],
  data: Uint8Array,
  littleEndian: boolean,
): [number, number] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let [a, b] = state;
  for (let at = 0; at < data.length; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return [a, b];
}

function matches(state: readonly [number, number], view: DataView, at: number): boolean {
  return view.getUint32(at) === state[0] && view.getUint32(at + 4) === state[1];
}

/** Frames up to the last whole commit; undefined when there is none. Checksums are over the encrypted pages. */
export function readWal(file: Uint8Array, pageSize: number): WalPages | undefined {
  if (file.length < headerSize) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const magic = view.getUint32(0);
  must(magic === 0x377f0682 || magic === 0x377f0683, 'magic of the write-ahead log');
  must(view.getUint32(8) === pageSize, 'page size of the write-ahead log');
  const littleEndian = magic === 0x377f0682;
  let state = checksum([0, 0], file.subarray(0, 24), littleEndian);
  if (!matches(state, view, 24)) return undefined;
  const pending = new Map<number, Uint8Array>();
  let committed: WalPages | undefined;
  for (
    let at = headerSize;
    at + frameHeaderSize + pageSize <= file.length;
    at += frameHeaderSize + pageSize
  ) {
    const page = file.slice(at + frameHeaderSize, at + frameHeaderSize + pageSize);
    const salted =
      view.getUint32(at + 8) === view.getUint32(16) && view.getUint32(at + 12) === view.getUint32(20);
    state = checksum(state, file.subarray(at, at + 8), littleEndian);
    state = checksum(state, page, littleEndian);
    if (!salted || !matches(state, view, at + 16)) break;
    pending.set(view.getUint32(at), page);
    const count = view.getUint32(at + 4);
    if (count > 0) committed = { count, pages: new Map(pending) };
  }
  return committed;
}
