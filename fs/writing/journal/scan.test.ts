import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Keyring } from '../../../native/index.js';
import { scanSegment } from './scan.js';
import { newSegmentHead, noTag } from './segment-head.js';

it('takes no more memory for many small segments than for one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-journal-'));
  const keyring = Keyring.generate(Buffer.alloc(16));
  const scan = (): void => {
    const fd = openSync(join(folder, 's'), 'r');
    expect(scanSegment(fd, 1, keyring, () => true)).toMatchObject({ kind: 'segment', frames: [] });
    closeSync(fd);
  };
  try {
    writeFileSync(join(folder, 's'), newSegmentHead(1, Buffer.alloc(8, 1), noTag).bytes);
    scan();
    const before = process.memoryUsage.rss();
    for (let segments = 0; segments < 400; segments++) scan();
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  } finally {
    keyring.wipe();
    rmSync(folder, { recursive: true });
  }
});
