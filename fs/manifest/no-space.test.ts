/** A full disk, a real one: a small tmpfs (needs root, as the rest of the set-up does). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { Manifest } from './manifest.js';
import { Fixture, make, putOf } from './testing/fixture.js';
import { pictureOf } from './testing/reference-model.js';

let disk = '';
beforeAll(() => {
  disk = mkdtempSync(join(tmpdir(), 'sherin-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', disk]);
});
afterAll(() => {
  execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true });
});

/** Leaves so many bytes free. */
function fillDisk(free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

function grow(manifest: Manifest, from: number): void {
  const batch = Array.from({ length: 50 }, (_, i) => {
    const ino = manifest.newInode();
    return [...make(ino, 1, `file ${from + i}`), putOf(ino, Buffer.from(`content ${from + i}`))];
  });
  manifest.commit(batch.flat(), [], []);
}

function codeOf(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof SherinError) return error.code;
    throw error;
  }
}

describe('a full disk', () => {
  it('refuses a commit whole and keeps everything before it, in memory and on disk', async () => {
    const vault = new Fixture({ directory: disk });
    let manifest = vault.create();
    let files = 0;
    for (const free of [0, 4096, 20_000, 60_000, 120_000]) {
      rmSync(join(disk, 'ballast'), { force: true });
      grow(manifest, files);
      files += 50;
      fillDisk(free);
      let code: string | null = null;
      while (code === null) {
        const before = pictureOf(manifest.tree, 10);
        const { head } = manifest;
        code = codeOf(() => grow(manifest, files));
        if (code === null) files += 50;
        else {
          expect(manifest.head).toBe(head);
          expect(pictureOf(manifest.tree, 10)).toEqual(before);
        }
      }
      expect(code).toBe('NO_SPACE');
      expect(
        codeOf(() => manifest.snapshot()),
        'a snapshot is refused the same way or fits',
      ).toSatisfy((each) => each === null || each === 'NO_SPACE');
      expect([...manifest.tree.list(1)]).toHaveLength(files);
      const { head } = manifest;
      manifest.close();
      manifest = vault.open(head);
      expect([...manifest.tree.list(1)]).toHaveLength(files);
    }
    rmSync(join(disk, 'ballast'));
    grow(manifest, files);
    manifest.snapshot();
    await manifest.verifyLog();
    manifest.close();
  });

  it('makes no half manifest', () => {
    rmSync(join(disk, 'manifest.db'), { force: true });
    fillDisk(8192);
    const vault = new Fixture({ directory: disk });
    expect(codeOf(() => vault.create().close())).toBe('NO_SPACE');
    rmSync(join(disk, 'ballast'));
    vault.create().close();
  });
});
