/** The memory of another process, as a debugger of root reads it. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { longestForm } from './traces.js';

const step = 1 << 20;
/** What of a piece can't be read, or was never used, is passed over by as much. */
const page = 1 << 16;
const zeros = Buffer.alloc(page);

/** Pieces of all that it may have written to, those of one mapping overlapping. Programs and libraries are on disk as they are. */
export function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const { start, end } of writtenMappings(pid))
      for (let at = start; at < end; at += step)
        yield* piecesOf(memory, at, Math.min(end, at + step + longestForm));
  } finally {
    closeSync(memory);
  }
}

/** Readable ones that are writable, or are of no file. */
function writtenMappings(pid: number): { readonly start: number; readonly end: number }[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  return lines.flatMap((line) => {
    const [, from = '', to = '', readable, writable, inode] =
      /^([0-9a-f]+)-([0-9a-f]+) (.)(.)\S+ \S+ \S+ (\d+)/.exec(line) ?? [];
    if (readable !== 'r' || (writable !== 'w' && inode !== '0')) return [];
    return [{ start: Number.parseInt(from, 16), end: Number.parseInt(to, 16) }];
  });
}

/** Used parts of a stretch, joined where they touch. */
function* piecesOf(memory: number, start: number, end: number): Generator<Buffer> {
  const bytes = Buffer.alloc(end - start);
  let used = 0;
  for (let at = 0; at < bytes.length; at += page) {
    const part = bytes.subarray(used, used + Math.min(page, bytes.length - at));
    const size = readSome(memory, part, start + at);
    if (size === part.length && !zeros.subarray(0, size).equals(part)) used += size;
    else {
      if (used > 0) yield Buffer.from(bytes.subarray(0, used));
      // A page may be gone behind the one before: what was read of it counts.
      if (size > 0 && size < part.length) yield Buffer.from(part.subarray(0, size));
      used = 0;
    }
  }
  if (used > 0) yield bytes.subarray(0, used);
}

/** 0 where nobody can read: [vvar], or what was unmapped meanwhile. */
function readSome(memory: number, into: Buffer, at: number): number {
  try {
    return readSync(memory, into, 0, into.length, at);
  } catch {
    return 0;
  }
}
