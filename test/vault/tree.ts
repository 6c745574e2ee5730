/** A tree to import in crash tests: 250 small files and one of 200 MiB, with other bytes for each seed. */
import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const mib = 1024 * 1024;

/** Makes the tree, or changes it: all its bytes, or the small files and a part of the large one. */
export function makeTree(path: string, seed: number, change: 'all' | 'part' = 'all'): void {
  const bytes = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed + 1), Buffer.alloc(16));
  mkdirSync(join(path, 'sub/dir'), { recursive: true });
  for (let i = 0; i < 250; i++) {
    // Some come before the large file in the order of names, some after.
    const name = join(path, i % 3 === 0 ? 'sub/dir' : '', `${i % 2 === 0 ? 'a' : 'z'}${i}`);
    writeFileSync(name, bytes.update(Buffer.alloc((i * 331) % 90_000)));
  }
  const fd = openSync(join(path, 'large'), change === 'all' ? 'w' : 'r+');
  const zeros = Buffer.alloc(8 * mib);
  for (let i = 0; i < 25; i += change === 'all' ? 1 : 6) {
    writeSync(fd, bytes.update(zeros), 0, zeros.length, i * zeros.length);
  }
  closeSync(fd);
}
