/** The copy of the log checked without keys. */
import { closeSync } from 'node:fs';
import { LogFolder, segmentPath } from './folder.js';
import { type CopySigner, scanSegment } from './scan.js';

/**
 * Segments of which nothing is whole, the last one aside: that can be under way, or what a crash has left.
 * @throws SherinError DISK_READ
 */
export async function scrubCopy(
  directory: number,
  { uuid, publicKey }: CopySigner,
): Promise<{ readonly path: string; readonly fault: 'malformed' | 'signature' }[]> {
  const folder = new LogFolder(directory);
  const failed: { path: string; fault: 'malformed' | 'signature' }[] = [];
  const numbers = folder.numbers();
  for (const number of numbers.slice(0, -1)) {
    const fd = folder.open(number);
    if (fd === null) continue;
    try {
      const scanned = await scanSegment(fd, number, { uuid, publicKey });
      if (scanned === null) failed.push({ path: segmentPath(number), fault: 'malformed' });
      else if (scanned.whole < scanned.bytes) failed.push({ path: segmentPath(number), fault: 'signature' });
    } finally {
      closeSync(fd);
    }
  }
  return failed;
}
