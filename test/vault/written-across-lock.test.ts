import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Driver, OpenVault } from './open-vault.js';

const vertex = 64 * 1024;
const page = 4096;

function read(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
}

describe.each<Driver>(['native', 'fuse-native'])(
  'a file that a program keeps open for writing across a lock, mounted by %s',
  (driver) => {
    const vault = new OpenVault(driver);
    beforeAll(() => vault.start());
    afterAll(() => vault.end());

    it('is read as it is written since, also by whoever read it in between', async () => {
      const path = join(vault.files, 'read-between');
      writeFileSync(path, randomBytes(3 * vertex));
      const [writer, reader] = [openSync(path, 'r+'), openSync(path, 'r')];
      try {
        await vault.lockAndUnlock();
        for (let at = 0; at < 3 * vertex; at += page) read(reader, at, page);
        writeSync(writer, Buffer.alloc(page, 'n'), 0, page, vertex);
        fsyncSync(writer);
        // The kernel forgets its pages.
        expect(vault.machine.shell('dd if="$M/files/read-between" iflag=nocache count=0')).toMatchObject({
          code: 0,
        });
        expect(read(reader, vertex, page).equals(Buffer.alloc(page, 'n'))).toBe(true);
      } finally {
        closeSync(writer);
        closeSync(reader);
      }
    });

    it('keeps what is written right behind a read of what lies around it', async () => {
      const path = join(vault.files, 'read-around');
      const right = randomBytes(64 * vertex);
      writeFileSync(path, right);
      const file = openSync(path, 'r+');
      try {
        await vault.lockAndUnlock();
        for (let v = 0; v < 64; v++) {
          const start = ((v * 37) % 64) * vertex;
          read(file, start + 5 * page, page);
          const bytes = randomBytes(page);
          bytes.copy(right, start + 9 * page);
          writeSync(file, bytes, 0, page, start + 9 * page);
        }
      } finally {
        closeSync(file);
      }
      expect(readFileSync(path).equals(right)).toBe(true);
    });
  },
);
