/** What a program does in the crash tests, as data: done to a vault and to a model of it. */
import { createHash } from 'node:crypto';

/** A byte of an open file. */
export interface OpenPlace {
  readonly label: string;
  readonly at: number;
}

export type Operation =
  | { readonly do: 'mkdir' | 'chmod'; readonly path: string; readonly mode: number }
  /** Opens a file under a label, made where there is none. */
  | { readonly do: 'open'; readonly label: string; readonly path: string; readonly cut?: boolean }
  | { readonly do: 'write'; readonly label: string; readonly at: number; readonly length: number }
  | { readonly do: 'truncate'; readonly label: string; readonly length: number }
  | { readonly do: 'zero'; readonly label: string; readonly at: number; readonly length: number }
  /** copy_file_range(2) of whole MiB, which is done by reference where they are in cubes. */
  | { readonly do: 'copy'; readonly from: OpenPlace; readonly to: OpenPlace; readonly length: number }
  | { readonly do: 'close'; readonly label: string }
  /** fsync(2) of open files, side by side. */
  | { readonly do: 'sync'; readonly labels: readonly string[] }
  | { readonly do: 'seal' }
  /** What is done in the background while programs sync again and again: the journal gets all that was written. */
  | { readonly do: 'unasked' }
  /** Brings the copy of the log to the newest head, as is done in the background. */
  | { readonly do: 'copy log' }
  /** Stores slots whole again that small rewrites have left in pieces. */
  | { readonly do: 'join' }
  | { readonly do: 'rename' | 'exchange' | 'link'; readonly from: string; readonly to: string }
  | { readonly do: 'unlink' | 'rmdir'; readonly path: string }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'xattr'; readonly path: string; readonly name: string; readonly value: string | null }
  /** An import of one file. */
  | { readonly do: 'put'; readonly path: string; readonly length: number };

/** The bytes that the operation at a place in the order writes: no two have any in common. */
export function bytesOf(at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const seed = createHash('sha256').update(`operation ${at}`).digest();
  let state = seed.readUInt32LE(0) | 1;
  for (let i = 0; i + 4 <= length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, i);
  }
  for (let i = length & ~3; i < length; i++) bytes[i] = seed[i & 31] ?? 0;
  return bytes;
}

export function namesOf(path: string): Buffer[] {
  return path.split('/').map((name) => Buffer.from(name));
}

const kib = 1024;
const mib = 1024 * kib;

/** Everything that may happen between two crashes, once: many kinds of change, few system calls. */
export const mixed: readonly Operation[] = [
  { do: 'mkdir', path: 'a', mode: 0o755 },
  { do: 'mkdir', path: 'b', mode: 0o700 },
  { do: 'open', label: 'f', path: 'a/f' },
  { do: 'write', label: 'f', at: 0, length: 10_000 },
  { do: 'close', label: 'f' },
  { do: 'open', label: 'held', path: 'a/held' },
  { do: 'write', label: 'held', at: 5_000, length: 200_000 },
  { do: 'sync', labels: ['held'] },
  // Begun with the first sync.
  { do: 'copy log' },
  { do: 'write', label: 'held', at: 70_000, length: 9_000 },
  { do: 'truncate', label: 'held', length: 150_001 },
  { do: 'truncate', label: 'held', length: 180_000 },
  { do: 'symlink', path: 'a/s', target: '../b/nothing' },
  { do: 'link', from: 'a/f', to: 'b/second' },
  { do: 'sync', labels: ['held'] },
  { do: 'seal' },
  { do: 'write', label: 'held', at: 100_000, length: 30_000 },
  { do: 'sync', labels: ['held'] },
  // Written anew, then over the old one.
  { do: 'open', label: 't', path: 'a/f.tmp' },
  { do: 'write', label: 't', at: 0, length: 20_001 },
  { do: 'sync', labels: ['t'] },
  { do: 'write', label: 't', at: 20_001, length: 70_000 },
  { do: 'unasked' },
  { do: 'close', label: 't' },
  { do: 'rename', from: 'a/f.tmp', to: 'a/f' },
  { do: 'chmod', path: 'a/f', mode: 0o640 },
  { do: 'xattr', path: 'a/f', name: 'user.k', value: 'one' },
  { do: 'sync', labels: ['held'] },
  // More than one segment holds, of files that wait to be sealed.
  { do: 'open', label: 'w1', path: 'b/w1' },
  { do: 'write', label: 'w1', at: 0, length: 2 * mib },
  { do: 'close', label: 'w1' },
  { do: 'open', label: 'w2', path: 'b/w2' },
  { do: 'write', label: 'w2', at: 700 * kib, length: 2 * mib },
  { do: 'close', label: 'w2' },
  { do: 'xattr', path: 'a/f', name: 'user.k', value: null },
  { do: 'sync', labels: ['held'] },
  // So much that it is stored in cubes before its version.
  { do: 'open', label: 'large', path: 'b/large' },
  { do: 'write', label: 'large', at: 300, length: 5 * mib },
  { do: 'sync', labels: ['large'] },
  { do: 'write', label: 'large', at: mib + 17, length: 100_000 },
  { do: 'zero', label: 'large', at: 2 * mib, length: mib },
  { do: 'truncate', label: 'large', length: 4 * mib + 99 },
  { do: 'sync', labels: ['large', 'held'] },
  // Shares a cube that has no version yet, then has a piece of its own beside it.
  { do: 'open', label: 'copy', path: 'a/copy' },
  { do: 'copy', from: { label: 'large', at: 3 * mib }, to: { label: 'copy', at: 0 }, length: mib },
  { do: 'sync', labels: ['copy'] },
  { do: 'write', label: 'copy', at: 5_000, length: 3_000 },
  { do: 'sync', labels: ['copy'] },
  { do: 'exchange', from: 'a/f', to: 'b/w1' },
  { do: 'unlink', path: 'b/second' },
  { do: 'open', label: 'again', path: 'b/w2', cut: true },
  { do: 'write', label: 'again', at: 0, length: 4_097 },
  { do: 'sync', labels: ['again'] },
  { do: 'unlink', path: 'b/w2' },
  { do: 'write', label: 'again', at: 9_000, length: 4_000 },
  { do: 'sync', labels: ['held'] },
  { do: 'put', path: 'a/put', length: 300_000 },
  { do: 'write', label: 'held', at: 0, length: 333 },
  { do: 'close', label: 'large' },
  { do: 'open', label: 'g', path: 'a/put' },
  { do: 'write', label: 'g', at: 299_000, length: 5_000 },
  { do: 'unasked' },
  { do: 'close', label: 'g' },
  { do: 'put', path: 'a/f', length: 77_000 },
  { do: 'mkdir', path: 'b/d', mode: 0o711 },
  { do: 'rename', from: 'b/d', to: 'a/d' },
  { do: 'rmdir', path: 'a/d' },
  { do: 'sync', labels: ['held', 'again'] },
  { do: 'close', label: 'again' },
  { do: 'close', label: 'copy' },
  { do: 'rename', from: 'b/w1', to: 'a/put' },
  { do: 'seal' },
  { do: 'copy log' },
  { do: 'join' },
  { do: 'open', label: 'joined', path: 'a/copy' },
  { do: 'copy', from: { label: 'joined', at: 0 }, to: { label: 'joined', at: mib }, length: mib },
  { do: 'sync', labels: ['joined'] },
  { do: 'close', label: 'joined' },
  // Lent to the addon after two writes that were synced, and taken back by the chmod and by the next file that is written to.
  { do: 'write', label: 'held', at: 0, length: 4 * kib },
  { do: 'sync', labels: ['held'] },
  { do: 'write', label: 'held', at: 64 * kib, length: 4 * kib },
  { do: 'sync', labels: ['held'] },
  { do: 'write', label: 'held', at: 4 * kib, length: 4 * kib },
  { do: 'sync', labels: ['held'] },
  { do: 'write', label: 'held', at: 0, length: 8 * kib },
  { do: 'write', label: 'held', at: 128 * kib, length: 4 * kib },
  { do: 'sync', labels: ['held'] },
  { do: 'write', label: 'held', at: 0, length: 4 * kib },
  { do: 'chmod', path: 'a/held', mode: 0o600 },
  { do: 'sync', labels: ['held'] },
  { do: 'open', label: 'f', path: 'a/f' },
  { do: 'write', label: 'f', at: 4_000, length: 4_000 },
  { do: 'sync', labels: ['f'] },
  { do: 'close', label: 'f' },
  { do: 'sync', labels: ['held'] },
];
