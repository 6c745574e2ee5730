import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { Mounted } from '../mounted.js';
import { pause, run } from '../programs.js';

export function faultTests(limits: DriverLimits): void {
  describe('faults', () => {
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits, { deadline: 1_000 });
    });
    afterAll(() => mounted.close());
    const cat = (name: string) => run('cat', [mounted.file(name)]);
    const hung = async () => {
      while ((await mounted.counts()).hung === 0) await pause();
    };

    it('answers EIO to a bug, logs its stack and serves on', async () => {
      for (let round = 0; round < 3; round++)
        expect((await cat('throws')).said).toContain('Input/output error');
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      const { logged } = await mounted.counts();
      expect(logged[0]).toMatchObject({ level: 'error', operation: 'read' });
      expect(logged[0]?.stack).toContain('a bug of this file');
    });

    it('answers EACCES where the policy denies and where content fails', async () => {
      expect((await cat('denied')).said).toContain('Permission denied');
      expect((await cat('faulty')).said).toContain('Permission denied');
    });

    it('lets a hung read cost that read only', async () => {
      const reading = cat('hangs');
      await hung();
      expect((await run('ls', ['-l', mounted.path, mounted.file('special')])).code).toBe(0);
      expect((await run('df', [mounted.path])).code).toBe(0);
      expect((await cat('hello.txt')).out.toString()).toBe('hello, vault\n');
      expect((await reading).said).toContain('timed out');
    });

    it('drops the answer that comes too late', async () => {
      expect((await cat('late')).said).toContain('timed out');
      await mounted.do({ do: 'free' });
      for (let round = 0; round < 20; round++) {
        expect((await cat('odd.bin')).out).toHaveLength(300_001);
      }
      expect((await cat('late')).out.toString()).toBe('content of late\n');
      expect((await cat('hangs')).out.toString()).toBe('content of hangs\n');
    });
  });
}
