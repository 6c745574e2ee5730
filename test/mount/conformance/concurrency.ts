import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { pattern } from '../content.js';
import { Mounted } from '../mounted.js';
import { python, run } from '../programs.js';
import { patterned } from '../standard-tree.js';

export function concurrencyTests(limits: DriverLimits): void {
  describe('many at once', () => {
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits);
    });
    afterAll(() => mounted.close());

    it('serves readers of several files', async () => {
      const names = ['odd.bin', 'big.bin', 'aside.bin'] as const;
      const hashes = names.map((name) => {
        const { seed, size } = patterned[name];
        return createHash('sha256')
          .update(pattern(seed, 0, size))
          .digest('hex');
      });
      const jobs = Array.from({ length: 12 }, async (_, at) => {
        const { out } = await run('sha256sum', [mounted.file(names[at % 3] ?? '')]);
        expect(out.toString().slice(0, 64)).toBe(hashes[at % 3]);
      });
      await Promise.all(jobs);
    });

    it('has several reads of one file under way', async () => {
      const script = `
import threading
def read(n):
    fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
    os.preadv(fd, [mmap.mmap(-1, 4096)], n * 4096)
threads = [threading.Thread(target=read, args=(n,)) for n in range(20)]
[t.start() for t in threads]; [t.join() for t in threads]
print(json.dumps('done'))`;
      await python(script, mounted.file('aside.bin'));
      expect((await mounted.counts()).greatestParallel).toBeGreaterThan(3);
    });

    it('walks a large directory while it reads', async () => {
      const walk = () => run('find', [mounted.path, '-path', '*/many/*', '-size', '+0']);
      const jobs = [walk(), run('cat', [mounted.file('big.bin')]), walk()];
      const [first, bytes, second] = await Promise.all(jobs);
      expect(first?.out.equals(second?.out ?? Buffer.alloc(0))).toBe(true);
      expect(bytes?.out).toHaveLength(patterned['big.bin'].size);
    });
  });
}
