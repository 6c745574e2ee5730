import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { isMounted, Mounted, newFolder, untilUnmounted } from '../mounted.js';
import { pause, run, Steps } from '../programs.js';

function refusal(limits: DriverLimits, path: string): Promise<unknown> {
  return Mounted.start(limits, {}, path).then(async (mounted) => {
    const error = await mounted.do({ do: 'mount' }).catch((reason: unknown) => reason);
    await mounted.kill();
    return error;
  });
}

/** The helper that clears up after a killed server is a child of it. */
function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

export function lifeTests(limits: DriverLimits): void {
  describe('life', () => {
    it('names itself in the list of mounts', async () => {
      const mounted = await Mounted.mount(limits);
      const line = readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .find((text) => text.includes(mounted.path));
      expect(line).toMatch(/^sherin \S+ fuse\.sherin rw,.*default_permissions/);
      await mounted.close();
      expect(isMounted(mounted.path)).toBe(false);
    });

    it('refuses what is missing, no directory, not empty or mounted', async () => {
      const folder = newFolder();
      expect(await refusal(limits, join(folder, 'none'))).toMatchObject({ code: 'MOUNT_USED' });
      writeFileSync(join(folder, 'file'), '');
      expect(await refusal(limits, join(folder, 'file'))).toMatchObject({ code: 'MOUNT_USED' });
      expect(await refusal(limits, folder)).toMatchObject({ code: 'MOUNT_USED' });
      expect(await refusal(limits, '/proc')).toMatchObject({ code: 'MOUNT_USED' });
      rmSync(folder, { recursive: true });
      const mounted = await Mounted.mount(limits);
      expect(await refusal(limits, mounted.path)).toMatchObject({ code: 'MOUNT_USED' });
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      await mounted.close();
    });

    it('mounts at a path with spaces, commas and letters of any kind', async () => {
      const folder = newFolder();
      const path = join(folder, 'a b,c\\d ü\n');
      mkdirSync(path);
      const mounted = await Mounted.start(limits, {}, path);
      await mounted.do({ do: 'mount' });
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      expect(await refusal(limits, path)).toMatchObject({ code: 'MOUNT_USED' });
      await mounted.close();
      expect(readdirSync(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    });

    it('detaches under open files, says so, goes on serving them, and still locks them', async () => {
      const mounted = await Mounted.mount(limits);
      const script = `
fd = os.open(sys.argv[1], os.O_RDONLY)
def look():
    try: return len(os.pread(fd, 1 << 20, 0))
    except OSError as error: return errno.errorcode[error.errno]
while True: step(look())`;
      const steps = new Steps(script, mounted.file('big.bin'));
      expect(await steps.next()).toBe(1 << 20);
      expect(await mounted.do({ do: 'unmount' })).toEqual({ lazy: true });
      expect(isMounted(mounted.path)).toBe(false);
      expect(await steps.go()).toBe(1 << 20);
      await mounted.do({ do: 'set', locked: true });
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(await steps.go()).toBe('EACCES');
      await mounted.do({ do: 'set', locked: false });
      await mounted.do({ do: 'mount' });
      expect(await steps.go()).toBe(1 << 20);
      steps.end();
      await mounted.close();
    });

    it('leaves no mount behind when it is killed', async () => {
      for (let round = 0; round < 5; round++) {
        const mounted = await Mounted.mount(limits);
        const steps = new Steps(`fd = os.open(sys.argv[1], os.O_RDONLY)\nstep(1)`, mounted.file('hello.txt'));
        await steps.next();
        await mounted.kill();
        await untilUnmounted(mounted.path);
        expect(readdirSync(mounted.path)).toEqual([]);
        steps.end();
        await mounted.close();
      }
    });

    it('lets go of readers and mount when it is killed while it waits for the pages of a read', async () => {
      const mounted = await Mounted.mount(limits);
      const reading = run('cat', [mounted.file('hangs')]);
      while ((await mounted.counts()).hung === 0) await pause();
      mounted.do({ do: 'invalidate', what: 'all' }).catch(() => undefined);
      for (let waited = 0; waited < 10; waited++) await pause();
      await mounted.kill();
      expect((await reading).code).not.toBe(0);
      await untilUnmounted(mounted.path);
    });

    it('clears a dead mount whose top the kernel still shows', async () => {
      const dead = await Mounted.mount(limits);
      for (const pid of children(dead.pid)) process.kill(pid, 'SIGKILL');
      const mounted = await Mounted.start(limits, {}, dead.path);
      statSync(dead.path); // kept for a second
      await dead.kill();
      await mounted.do({ do: 'mount' });
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      await mounted.close();
    });

    it('clears a dead mount of its own', async () => {
      const dead = await Mounted.mount(limits);
      for (const pid of children(dead.pid)) process.kill(pid, 'SIGKILL');
      await dead.kill();
      expect(() => statfsSync(dead.path)).toThrow('ENOTCONN');
      const mounted = await Mounted.start(limits, {}, dead.path);
      await mounted.do({ do: 'mount' });
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      await mounted.close();
    });

    it('survives that its mount is undone by another', async () => {
      const mounted = await Mounted.mount(limits);
      await run('fusermount3', ['-u', mounted.path]);
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(await mounted.do({ do: 'unmount' })).toEqual({ lazy: false });
      await mounted.do({ do: 'mount' });
      expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
      await mounted.close();
    });

    it('mounts and unmounts 50 times', async () => {
      const mounted = await Mounted.start(limits);
      chmodSync(mounted.path, 0o700);
      for (let cycle = 0; cycle < 50; cycle++) {
        await mounted.do({ do: 'mount' });
        expect(readFileSync(mounted.file('hello.txt'), 'utf8')).toBe('hello, vault\n');
        expect(await mounted.do({ do: 'unmount' })).toEqual({ lazy: false });
        expect(isMounted(mounted.path)).toBe(false);
      }
      await mounted.close();
    });
  });
}
