import { lstatSync, readdirSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import type { MemoryTree } from '../memory-tree.js';
import { Mounted } from '../mounted.js';
import { python } from '../programs.js';
import { awkwardNames, before1970, deepNames, manyCount, notUtf8, standardTree } from '../standard-tree.js';

const typeBits = { file: 0o10, directory: 0o4, symlink: 0o12, fifo: 0o1, socket: 0o14 } as const;

/** A time as the driver can show it. */
function shown(nanoseconds: bigint, limits: DriverLimits): bigint {
  if (nanoseconds < 0n && !limits.timesBefore1970) return 0n;
  return nanoseconds - (nanoseconds % BigInt(limits.timeStep));
}

export function treeTests(limits: DriverLimits): void {
  describe('tree', () => {
    let mounted: Mounted;
    let tree: MemoryTree;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits);
      tree = standardTree();
    });
    afterAll(() => mounted.close());

    /** A path of {@link paths} in the mount. */
    const at = (path: string) =>
      Buffer.concat([Buffer.from(`${mounted.path}/`), Buffer.from(path, 'latin1')]);
    /** Every path below `files/`, a character a byte, with what the tree says of it. */
    function* paths(ino = 1, path = 'files'): Iterable<readonly [string, number]> {
      yield [path, ino];
      for (const entry of tree.list(ino)) {
        if (!limits.anyNames && entry.name.equals(notUtf8)) continue;
        yield* paths(entry.ino, `${path}/${entry.name.toString('latin1')}`);
      }
    }

    it('shows the fixed top level', () => {
      expect(readdirSync(mounted.path).sort()).toEqual([
        '.sherin',
        'bots',
        'cubes',
        'files',
        'ids',
        'inbox',
        'quarantine',
      ]);
    });

    it('lists exactly the names of every directory', () => {
      for (const [path, ino] of paths()) {
        if (tree.inode(ino)?.kind !== 'directory') continue;
        const expected = [...tree.list(ino)].map(({ name }) => name);
        const names = expected.filter((name) => limits.anyNames || !name.equals(notUtf8));
        expect(readdirSync(at(path)).sort()).toEqual(names.map(String).sort());
      }
      expect(readdirSync(mounted.file('many'))).toHaveLength(manyCount);
      expect(readdirSync(mounted.file('names'))).toEqual(expect.arrayContaining(awkwardNames));
    });

    it('gives every attribute of every inode', () => {
      for (const [path, ino] of paths()) {
        const inode = tree.inode(ino);
        if (inode === undefined) throw new Error('the tree changed');
        const stat = lstatSync(at(path), { bigint: true });
        expect(stat, path).toMatchObject({
          ino: BigInt(ino),
          mode: BigInt(typeBits[inode.kind] * 0o10000 + inode.mode),
          uid: BigInt(inode.uid),
          gid: BigInt(inode.gid),
          size: BigInt(inode.size),
          nlink: BigInt(inode.nlink),
          atimeNs: shown(inode.atime, limits),
          mtimeNs: shown(inode.mtime, limits),
          ctimeNs: shown(inode.ctime, limits),
          blocks: BigInt(Math.ceil(inode.size / 512)),
        });
      }
    });

    it('shows times before 1970 as the limits say', () => {
      const { mtimeNs } = lstatSync(mounted.file('special/old'), { bigint: true });
      expect(mtimeNs).toBe(limits.timesBefore1970 ? before1970 : 0n);
    });

    it('walks deep', () => {
      expect(lstatSync(mounted.file(join(...deepNames, 'bottom'))).size).toBe(11);
    });

    it('reads links', () => {
      expect(readlinkSync(mounted.file('special/link'))).toBe('../hello.txt');
      expect(readlinkSync(mounted.file('special/dangling'))).toBe('no/such/ü');
      expect(readlinkSync(mounted.file('special/long-link'))).toBe('a/'.repeat(2000));
      expect(statSync(mounted.file('special/link')).size).toBe(13);
    });

    it('types and numbers directory entries as stat does', async () => {
      const script = `
entries = os.scandir(sys.argv[1])
print(json.dumps([[e.name, e.inode(), e.is_file(follow_symlinks=False), e.is_dir(follow_symlinks=False), e.is_symlink()] for e in entries]))`;
      const rows = (await python(script, mounted.file('special'))) as [string, number, ...boolean[]][];
      for (const [name, ino, file, directory, link] of rows) {
        const stat = lstatSync(mounted.file(`special/${name}`));
        const seen = [stat.ino, stat.isFile(), stat.isDirectory(), stat.isSymbolicLink()];
        expect([ino, file, directory, link]).toEqual(seen);
      }
      expect(rows).toHaveLength([...tree.list(lstatSync(mounted.file('special')).ino)].length);
    });

    it('numbers two names of one file alike', () => {
      const [one, two] = ['special/hard-1', 'special/hard-2'].map((name) => lstatSync(mounted.file(name)));
      expect(one?.ino).toBe(two?.ino);
      expect(one?.nlink).toBe(2);
    });

    it.runIf(!limits.anyNames)('does not find names that it does not list', async () => {
      const script = `print(json.dumps(attempt(os.stat, os.path.join(os.fsencode(sys.argv[1]), b'bad\\xff\\xfe'))))`;
      expect(await python(script, mounted.file('names'))).toBe('ENOENT');
    });

    it('answers ENOENT, ENOTDIR and ENAMETOOLONG', () => {
      const code = (path: string) => {
        try {
          lstatSync(path);
          return 'found';
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      };
      expect(code(mounted.file('nothing'))).toBe('ENOENT');
      expect(code(join(mounted.path, 'nothing'))).toBe('ENOENT');
      expect(code(mounted.file('hello.txt/below'))).toBe('ENOTDIR');
      expect(code(mounted.file('n'.repeat(256)))).toBe('ENAMETOOLONG');
    });

    it('tells space beyond 2^32 blocks', async () => {
      for (const blocks of [2 ** 34, 1000, 2 ** 45]) {
        await mounted.do({ do: 'set', blocks });
        const space = statfsSync(mounted.path, { bigint: true });
        expect(space.blocks * space.bsize).toBe(BigInt(blocks) * 4096n);
        expect(space.bfree * space.bsize).toBe(BigInt(blocks) * 2048n);
        expect(space.bavail * space.bsize).toBe(BigInt(blocks) * 1024n);
      }
    });

    it('keeps inode numbers over a remount', async () => {
      const names = [
        'files',
        '.sherin',
        '.sherin/status.json',
        'quarantine',
        'ids',
        'cubes',
        'files/odd.bin',
      ];
      const numbers = () => names.map((name) => lstatSync(join(mounted.path, name)).ino);
      const before = numbers();
      expect(new Set(before).size).toBe(names.length);
      await mounted.do({ do: 'unmount' });
      await mounted.do({ do: 'mount' });
      expect(numbers()).toEqual(before);
    });
  });
}
