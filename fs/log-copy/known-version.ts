import { closeSync, fstatSync } from 'node:fs';
import { newerFormat } from '../../common/newer-format.js';
import { LogFolder, segmentPath } from './folder.js';
import { type CopySigner, readBytes, scanSegment } from './scan.js';
import { asVersion, headBytes, laterVersion, version } from './segment-head.js';

/** Before anything is changed: no segment is of a later program. @throws SherinError FORMAT_NEWER, DISK_READ */
export async function requireKnownCopy(directory: number, signer: CopySigner): Promise<void> {
  const folder = new LogFolder(directory);
  for (const number of folder.numbers()) {
    const fd = folder.open(number);
    if (fd === null) continue;
    try {
      const found = await laterSegment(fd, number, signer);
      if (found !== null) throw newerFormat(segmentPath(number), found, version);
    } finally {
      closeSync(fd);
    }
  }
}

/** A version that was changed is no later one: with one of this program's in its place, a group is signed. */
async function laterSegment(fd: number, number: number, signer: CopySigner): Promise<number | null> {
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
