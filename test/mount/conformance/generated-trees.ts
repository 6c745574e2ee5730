import { closeSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { cubeText, knownCube, quarantinedCube, twinCube, twinText, unknownCube } from '../memory-source.js';
import { Mounted } from '../mounted.js';
import { run } from '../programs.js';
import { findInode, standardTree } from '../standard-tree.js';

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return 'done';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

export function generatedTreeTests(limits: DriverLimits): void {
  describe('generated trees', () => {
    let mounted: Mounted;
    let listed: Mounted;
    const tree = standardTree();
    const hello = tree.object(tree.inode(findInode(tree, 'hello.txt'))?.object ?? 0)?.id ?? '';
    beforeAll(async () => {
      [mounted, listed] = await Promise.all([
        Mounted.mount(limits),
        Mounted.mount(limits, { listIds: true }),
      ]);
    });
    afterAll(() => Promise.all([mounted.close(), listed.close()]));
    const at = (...names: string[]) => join(mounted.path, ...names);

    it('gives objects by ID', async () => {
      expect(readFileSync(at('ids', hello), 'utf8')).toBe('hello, vault\n');
      expect(lstatSync(at('ids', hello))).toMatchObject({ size: 13, nlink: 1 });
      const { out } = await run('getfattr', [
        '--absolute-names',
        '--only-values',
        '-n',
        'user.sherin.id',
        at('ids', hello),
      ]);
      expect(out.toString()).toBe(hello);
    });

    it('gives cubes by ID', () => {
      expect(readFileSync(at('cubes', knownCube), 'utf8')).toBe(cubeText);
    });

    it('never shows a cube the content of another that has its inode number', async () => {
      const fresh = await Mounted.mount(limits);
      const path = (id: string) => join(fresh.path, 'cubes', id);
      const fd = openSync(path(knownCube), 'r');
      expect(readFileSync(path(knownCube), 'utf8')).toBe(cubeText);
      // Refused while the other is known to the kernel, unless it has inodes of its own.
      if (limits.sharedHardLinks) expect(codeOf(() => readFileSync(path(twinCube)))).toBe('EIO');
      else expect(readFileSync(path(twinCube), 'utf8')).toBe(twinText);
      expect(readFileSync(path(knownCube), 'utf8')).toBe(cubeText);
      expect(readFileSync(fd, 'utf8')).toBe(cubeText);
      closeSync(fd);
      await fresh.close();
    });

    it('answers unknown IDs ENOENT, malformed ones EINVAL', () => {
      const none = `FILES_20260102_${'0'.repeat(32)}`;
      expect(codeOf(() => lstatSync(at('ids', none)))).toBe('ENOENT');
      expect(codeOf(() => lstatSync(at('cubes', unknownCube)))).toBe('ENOENT');
      expect(codeOf(() => lstatSync(at('quarantine', unknownCube)))).toBe('ENOENT');
      for (const bad of ['x', 'FILES_20261302_0', hello.toLowerCase(), `${hello}0`]) {
        expect(
          codeOf(() => lstatSync(at('ids', bad))),
          bad,
        ).toBe('EINVAL');
      }
      for (const tree of ['cubes', 'quarantine']) {
        for (const bad of ['x', knownCube.toUpperCase(), `${knownCube}a`]) {
          expect(
            codeOf(() => lstatSync(at(tree, bad))),
            bad,
          ).toBe('EINVAL');
        }
      }
    });

    it('lists IDs for the owner who asked for it, and only then', () => {
      expect(lstatSync(at('ids')).mode & 0o777).toBe(0o711);
      expect(lstatSync(at('cubes')).mode & 0o777).toBe(0o711);
      expect(codeOf(() => readdirSync(at('ids')))).toBe('EACCES');
      expect(codeOf(() => readdirSync(at('cubes')))).toBe('EACCES');
      expect(readdirSync(join(listed.path, 'ids'))).toHaveLength(tree.counts().objects);
      expect(readdirSync(join(listed.path, 'ids'))).toContain(hello);
      expect(readdirSync(join(listed.path, 'cubes')).sort()).toEqual([knownCube, twinCube].sort());
    });

    it('lists the quarantine and never opens it', () => {
      expect(readdirSync(at('quarantine'))).toEqual([quarantinedCube]);
      const stat = lstatSync(at('quarantine', quarantinedCube));
      expect([stat.size, stat.mtimeMs]).toEqual([69_632, 1_600_000_000_000]);
      expect(codeOf(() => readFileSync(at('quarantine', quarantinedCube)))).toBe('EACCES');
    });

    it('gives its own state with the right size', () => {
      expect(readdirSync(at('.sherin')).sort()).toEqual(['audit.jsonl', 'head.json', 'status.json']);
      for (const name of readdirSync(at('.sherin'))) {
        expect(readFileSync(at('.sherin', name))).toHaveLength(lstatSync(at('.sherin', name)).size);
      }
      expect(readFileSync(at('.sherin', 'head.json'), 'utf8')).toBe('{"size":1}\n');
    });

    it('never cuts a snapshot that has grown or shrunk', async () => {
      const sizes = new Set<number>();
      for (let round = 0; round < 40; round++) {
        const statusSize = 100 + ((round * 7919) % 9000);
        sizes.add(statusSize);
        await mounted.do({ do: 'set', statusSize });
        const text = readFileSync(at('.sherin', 'status.json'), 'latin1');
        expect(text.endsWith('s\n')).toBe(true);
        if (limits.directSnapshots) expect(text).toHaveLength(statusSize);
        else expect(text.length === 100 || sizes.has(text.length)).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    });

    it('shows the present state after an invalidation', async () => {
      await mounted.do({ do: 'set', statusSize: 12_345 });
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(readFileSync(at('.sherin', 'status.json'))).toHaveLength(12_345);
    });

    it('is there while the vault is locked, files are EACCES', async () => {
      await mounted.do({ do: 'set', locked: true });
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(readdirSync(mounted.path)).toHaveLength(7);
      expect(lstatSync(at('files')).isDirectory()).toBe(true);
      expect(readFileSync(at('.sherin', 'head.json'), 'utf8')).toBe('{"size":1}\n');
      expect(codeOf(() => readdirSync(at('files')))).toBe('EACCES');
      expect(codeOf(() => readFileSync(at('files', 'hello.txt')))).toBe('EACCES');
      expect(codeOf(() => readFileSync(at('ids', hello)))).toBe('EACCES');
      expect((await run('df', [mounted.path])).code).toBe(0);
      await mounted.do({ do: 'set', locked: false });
      await mounted.do({ do: 'invalidate', what: 'all' });
      expect(readFileSync(at('files', 'hello.txt'), 'utf8')).toBe('hello, vault\n');
    });
  });
}
