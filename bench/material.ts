/** Files to measure with: fresh random content, so that no store can answer from what it already holds. */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const MiB = 1024 * 1024;

/** Writes `size` random bytes (a multiple of 1 MiB). */
export function randomFile(path: string, size: number): void {
  const block = Buffer.allocUnsafe(MiB);
  const fd = openSync(path, 'wx', 0o600);
  for (let at = 0; at < size; at += MiB) writeSync(fd, randomFillSync(block));
  closeSync(fd);
}

/** A tree of `count` files of 4 KiB, a hundred to a directory. */
export function randomTree(path: string, count: number): void {
  const block = Buffer.allocUnsafe(4096);
  for (let file = 0; file < count; file++) {
    const folder = join(path, `d${String(Math.floor(file / 100)).padStart(3, '0')}`);
    if (file % 100 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${String(file % 100).padStart(2, '0')}`), randomFillSync(block));
  }
}

/** Reads a file from its start to its end in requests of 1 MiB; returns the bytes read. */
export function readThrough(path: string, seen?: (data: Buffer) => void): number {
  const block = Buffer.allocUnsafe(MiB);
  const fd = openSync(path, 'r');
  try {
    for (let total = 0; ; ) {
      const bytes = readSync(fd, block, 0, MiB, null);
      if (bytes === 0) return total;
      seen?.(block.subarray(0, bytes));
      total += bytes;
    }
  } finally {
    closeSync(fd);
  }
}

/** SHA-256 of a file, hex. */
export function fileHash(path: string): string {
  const hash = createHash('sha256');
  readThrough(path, (data) => hash.update(data));
  return hash.digest('hex');
}

/** Paths of the regular files below a folder, sorted. */
export function filesOf(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** SHA-256 over the contents of a tree's files in the order of their names, hex. */
export function treeHash(path: string): string {
  const hash = createHash('sha256');
  for (const file of filesOf(path)) readThrough(file, (data) => hash.update(data));
  return hash.digest('hex');
}
