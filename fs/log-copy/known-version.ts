import { closeSync, fstatSync } from 'node:fs';
import { newerFormat, newerSegment } from '../../common/newer-format.js';
import { LogFolder, segmentPath } from './folder.js';
import { type CopySigner, readBytes, scanSegment } from './scan.js';
import { asVersion, headBytes, laterVersion, version } from './segment-head.js';

/** Before anything is changed: no segment is of a later program. @throws SherinError FORMAT_NEWER, DISK_READ */
export async function requireKnownCopy(directory: number, signer: CopySigner): Promise<void> {
  const folder = new LogFolder(directory);
  for (const number of folder.numbers()) {
    const found = await laterSegment(folder, number, signer);
    if (found !== null) throw newerFormat(segmentPath(number), found, version, newerSegment);
  }
}

/**
 * Version of a segment, where that is a later one than this program reads; else null. A version that was changed is no later one: with one of this
 * program's in its place, a group is signed. @throws SherinError DISK_READ
 */
export async function laterSegment(
  folder: LogFolder,
  number: number,
  signer: CopySigner,
): Promise<number | null> {
  const fd = folder.open(number);
  if (fd === null) return null;
  try {
    return await laterFile(fd, number, signer);
  } finally {
    closeSync(fd);
  }
}

async function laterFile(fd: number, number: number, signer: CopySigner): Promise<number | null> {
  if (!fstatSync(fd).isFile()) return null;
  const start = await readBytes(fd, 0, headBytes);
  const found = laterVersion(start);
  if (found === null) return null;
  for (let known = 1; known <= version; known++) {
    const scanned = await scanSegment(fd, number, signer, asVersion(start, known));
    if ((scanned?.whole ?? 0) > 0) return null;
  }
  return found;
}
