/** What mounting and unmounting leaves behind: nothing. SHERIN_CYCLES is how often. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { Mounted } from './mounted.js';
import { pause } from './programs.js';

const cycles = Number(process.env.SHERIN_CYCLES ?? 100);

function held(pid: number): { descriptors: number; threads: number; kilobytes: number } {
  const of = (name: string) =>
    Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1]);
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: of('Threads'),
    kilobytes: of('VmRSS'),
  };
}

it(
  `${cycles} mounts of the native driver leave no descriptor, thread or memory behind`,
  async () => {
    const mounted = await Mounted.start(nativeLimits);
    try {
      const cycle = async () => {
        await mounted.do({ do: 'mount' });
        expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
        expect(await mounted.do({ do: 'unmount' })).toEqual({ lazy: false });
      };
      for (let time = 0; time < 20; time++) await cycle();
      const before = held(mounted.pid);
      for (let time = 0; time < cycles; time++) await cycle();
      // The pipe of the last mount's watch goes when that has ended.
      for (let time = 0; time < 100 && held(mounted.pid).descriptors > before.descriptors; time++)
        await pause();
      const after = held(mounted.pid);
      if (process.env.SHERIN_CYCLES !== undefined)
        process.stdout.write(`${JSON.stringify({ before, after })}\n`);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      // A session's buffers alone are four megabytes: a hundred of them kept would show; JavaScript's heap may grow.
      expect(after.kilobytes - before.kilobytes).toBeLessThan(64 * 1024);
    } finally {
      await mounted.close();
    }
  },
  60_000 + cycles * 1000,
);
