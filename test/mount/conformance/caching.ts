import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { Mounted } from '../mounted.js';
import { python, Steps } from '../programs.js';

/** Holds a file open and mapped, and tells what it gets of it before and after each step. */
const holder = `
fd = os.open(sys.argv[1], os.O_RDONLY)
memory = mmap.mmap(fd, 4096 * 4, mmap.MAP_SHARED, mmap.PROT_READ)
def mapped():
    child = os.fork()
    if child == 0:
        os._exit(memory[4096])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return signal.Signals(-code).name if code < 0 else code
def look():
    try: read = os.pread(fd, 1, 4096)[0]
    except OSError as error: read = errno.errorcode[error.errno]
    return [read, mapped()]
while True: step(look())`;

export function cachingTests(limits: DriverLimits): void {
  describe('kernel cache', () => {
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits);
    });
    afterAll(() => mounted.close());

    it('keeps content over opens', async () => {
      const read = () => readFileSync(mounted.file('big.bin'));
      const first = read();
      /** Requests that reach the driver for one reading of the file; others may empty the machine's caches meanwhile. */
      const least = async () => {
        let fewest = Number.POSITIVE_INFINITY;
        for (let attempt = 0; attempt < 5 && fewest > 0; attempt++) {
          const { reads } = await mounted.counts();
          expect(read().equals(first)).toBe(true);
          fewest = Math.min(fewest, (await mounted.counts()).reads - reads);
        }
        return fewest;
      };
      expect(await least()).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, limits.attributeTimeout + 200));
      expect(await least()).toBe(0);
    });

    it('is dropped by an invalidation: read is EACCES, a mapping SIGBUS', async () => {
      const steps = new Steps(holder, mounted.file('odd.bin'));
      const bytes = await steps.next();
      expect(bytes).toEqual([expect.any(Number), expect.any(Number)]);
      await mounted.do({ do: 'set', locked: true });
      // Locked, but the kernel still has the pages.
      expect(await steps.go()).toEqual(bytes);
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(await steps.go()).toEqual(['EACCES', 'SIGBUS']);
      await mounted.do({ do: 'set', locked: false });
      expect(await steps.go()).toEqual(bytes);
      steps.end();
    });

    it('shows a new version at once, to files already open too', async () => {
      const path = mounted.file('hello.txt');
      const steps = new Steps(
        `fd = os.open(sys.argv[1], os.O_RDONLY)\nwhile True: step(os.pread(fd, 99999, 0).decode())`,
        path,
      );
      expect(await steps.next()).toBe('hello, vault\n');
      for (const text of ['a much longer second version\n'.repeat(999), 'third\n', 'fours\n', '']) {
        const ino = (await mounted.do({ do: 'put', path: 'hello.txt', text })) as number;
        await mounted.do({ do: 'invalidate', what: { inodes: [ino] } });
        expect(readFileSync(path, 'utf8')).toBe(text);
        expect(await steps.go()).toBe(text);
      }
      steps.end();
    });

    it('may be dropped while programs read', async () => {
      const script = `
import hashlib
print(json.dumps(len({hashlib.sha256(open(sys.argv[1], 'rb').read()).digest() for n in range(10)})))`;
      let ended = false;
      const reading = python(script, mounted.file('aside.bin')).finally(() => {
        ended = true;
      });
      while (!ended) await mounted.do({ do: 'invalidate', what: 'all' });
      expect(await reading).toBe(1);
    });
  });
}
