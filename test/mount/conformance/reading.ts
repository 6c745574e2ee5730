import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { pattern } from '../content.js';
import { Mounted } from '../mounted.js';
import { python, run } from '../programs.js';
import { patterned } from '../standard-tree.js';

/** Offsets and lengths around every border there is: pages, requests, vertices, cubes, the file's end. */
const ranges = [0, 1, 511, 4095, 4096, 65_535, 65_536, 131_071, 131_073, 299_999, 300_001, 300_002].flatMap(
  (offset) => [1, 2, 4096, 65_537, 131_072, 200_001].map((length) => [offset, length] as const),
);

export function readingTests(limits: DriverLimits): void {
  describe('reading', () => {
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits);
    });
    afterAll(() => mounted.close());

    it('gives whole files, empty ones too', () => {
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      expect(readFileSync(mounted.file('empty'))).toHaveLength(0);
      for (const name of ['odd.bin', 'big.bin', 'aside.bin'] as const) {
        const { seed, size } = patterned[name];
        expect(readFileSync(mounted.file(name)).equals(pattern(seed, 0, size)), name).toBe(true);
      }
    });

    it('gives any range', () => {
      const { seed, size } = patterned['odd.bin'];
      const fd = openSync(mounted.file('odd.bin'), 'r');
      for (const [offset, length] of ranges) {
        const buffer = Buffer.alloc(length);
        const expected = pattern(seed, offset, Math.max(0, Math.min(length, size - offset)));
        expect(readSync(fd, buffer, 0, length, offset), `${offset}+${length}`).toBe(expected.length);
        expect(buffer.subarray(0, expected.length).equals(expected), `${offset}+${length}`).toBe(true);
      }
      closeSync(fd);
    });

    it('reads beyond 4 GiB', () => {
      const { seed, size } = patterned['huge.bin'];
      const fd = openSync(mounted.file('huge.bin'), 'r');
      for (const offset of [2 ** 31 - 3, 2 ** 32 - 5, 2 ** 32, size - 100_000]) {
        const buffer = Buffer.alloc(70_000);
        expect(readSync(fd, buffer, 0, buffer.length, offset)).toBe(buffer.length);
        expect(buffer.equals(pattern(seed, offset, buffer.length)), `${offset}`).toBe(true);
      }
      expect(readSync(fd, Buffer.alloc(10), 0, 10, size - 4)).toBe(4);
      closeSync(fd);
    });

    it('maps files into memory', async () => {
      const script = `
fd = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(fd).st_size
import hashlib
result = []
for kind in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
    with mmap.mmap(fd, size, kind, mmap.PROT_READ) as memory:
        result.append([hashlib.sha256(memory).hexdigest(), memory[4095:4099].hex(), memory[size - 3:].hex()])
print(json.dumps([result, hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()]))`;
      for (const name of ['odd.bin', 'aside.bin'] as const) {
        const { seed, size } = patterned[name];
        const [maps, hash] = (await python(script, mounted.file(name))) as [string[][], string];
        const ends = [pattern(seed, 4095, 4).toString('hex'), pattern(seed, size - 3, 3).toString('hex')];
        expect(maps).toEqual([
          [hash, ...ends],
          [hash, ...ends],
        ]);
      }
    });

    it('takes O_DIRECT', async () => {
      const script = `
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
memory = mmap.mmap(-1, 1 << 20)
found = []
for offset in (0, 4096, 131072, 262144):
    count = os.preadv(fd, [memory], offset)
    found.append([offset, count, memory[:8].hex(), memory[count - 8:count].hex()])
print(json.dumps(found))`;
      for (const name of ['odd.bin', 'aside.bin'] as const) {
        const { seed, size } = patterned[name];
        const found = (await python(script, mounted.file(name))) as [number, number, string, string][];
        for (const [offset, count, first, last] of found) {
          expect(count).toBe(Math.min(1 << 20, size - offset));
          expect(first).toBe(pattern(seed, offset, 8).toString('hex'));
          expect(last).toBe(pattern(seed, offset + count - 8, 8).toString('hex'));
        }
      }
    });

    it('runs programs', async () => {
      expect((await run(mounted.file('special/setuid'), [])).out.toString()).toBe('ran\n');
    });

    it('closes what it opened', async () => {
      let counts = await mounted.counts();
      // The kernel sends releases after close(2) has returned.
      while (counts.opened !== counts.closed) counts = await mounted.counts();
      expect(counts.opened).toBeGreaterThan(0);
    });
  });
}
