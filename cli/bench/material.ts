/** Files to measure with: new random content, so that the vault can not answer from what it already holds. */
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.js';

export const mib = 1024 * 1024;
/** Bytes of a small file. */
export const smallBytes = 4096;

export interface Material {
  /** The large file. */
  readonly large: string;
  /** The directory of small files. */
  readonly small: string;
}

/** Makes one large file of `size` bytes (whole MiB) and a tree of `files` small ones, a hundred to a directory; on disk when done. */
export async function makeMaterial(directory: string, size: number, files: number): Promise<Material> {
  const material = { large: join(directory, 'large'), small: join(directory, 'small') };
  mkdirSync(directory);
  mkdirSync(material.small);
  const block = Buffer.allocUnsafe(mib);
  const fd = openSync(material.large, 'wx', 0o600);
  for (let at = 0; at < size; at += mib) writeSync(fd, randomFillSync(block));
  closeSync(fd);
  const content = block.subarray(0, smallBytes);
  for (let file = 0; file < files; file++) {
    const folder = join(material.small, String(Math.floor(file / 100)));
    if (file % 100 === 0) mkdirSync(folder);
    writeFileSync(join(folder, String(file % 100)), randomFillSync(content));
  }
  await run('sync', 'sync', ['-f', directory]);
  return material;
}

/**
 * Drops files from the page cache: dd(1) with `nocache` and `count=0` advises so (posix_fadvise(2)), which any user may do for
 * files of their own. Only those that are newer than `than`, if given: older ones were not touched.
 */
export async function dropFromCache(path: string, than?: string): Promise<void> {
  const each = 'for file; do dd if="$file" iflag=nocache count=0 status=none; done';
  const newer = than === undefined ? [] : ['-newer', than];
  await run('dd', 'find', [path, '-type', 'f', ...newer, '-exec', 'sh', '-c', each, 'sh', '{}', '+']);
}
