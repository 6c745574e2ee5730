import { lstatSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { Mounted } from '../mounted.js';
import { python, run } from '../programs.js';
import { notUtf8, standardTree, stored } from '../standard-tree.js';

/** getxattr(2) and listxattr(2) with a buffer of a given size, which Python's own calls choose themselves. */
const calls = `
libc = ctypes.CDLL(None, use_errno=True)
path = os.fsencode(sys.argv[1])
def sized(call, size):
    space = ctypes.create_string_buffer(b'\\xee' * (size + 64), size + 64)
    count = call(space if size else None, size)
    if count < 0: return errno.errorcode[ctypes.get_errno()]
    assert space.raw[size:] == b'\\xee' * 64
    return [count, space.raw[:count].hex() if size else None]
def get(name, size): return sized(lambda space, n: libc.getxattr(path, os.fsencode(name), space, n), size)
def names(size): return sized(lambda space, n: libc.listxattr(path, space, n), size)
`;

export function xattrTests(limits: DriverLimits): void {
  describe('extended attributes', () => {
    let mounted: Mounted;
    let path: string;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits);
      path = mounted.file('special/attributed');
    });
    afterAll(() => mounted.close());

    it('gives every stored value', async () => {
      const script = `print(json.dumps({n: os.getxattr(sys.argv[1], n).hex() for n in os.listxattr(sys.argv[1])}))`;
      expect(await python(script, path)).toEqual(
        Object.fromEntries(stored.map(([name, value]) => [name, value.toString('hex')])),
      );
    });

    it('answers size queries and short buffers of getxattr', async () => {
      for (const [name, value] of stored.filter(([, bytes]) => bytes.length > 1)) {
        const script = `${calls}
print(json.dumps([get(sys.argv[2], n) for n in (0, ${value.length - 1}, ${value.length}, 65536)]))`;
        const full = [value.length, value.toString('hex')];
        expect(await python(script, path, name)).toEqual([[value.length, null], 'ERANGE', full, full]);
      }
    });

    it('answers size queries and short buffers of listxattr', async () => {
      const list = Buffer.from(stored.map(([name]) => `${name}\0`).join(''));
      const script = `${calls}
print(json.dumps([names(n) for n in (0, 3, ${list.length - 1}, ${list.length}, 65536)]))`;
      const full = [list.length, list.toString('hex')];
      expect(await python(script, path)).toEqual([[list.length, null], 'ERANGE', 'ERANGE', full, full]);
    });

    it('gives back what has a name that is not UTF-8, or does not list it', async () => {
      const odd = mounted.file('special/oddly-attributed');
      const script = `print(json.dumps([[os.fsencode(n).hex(), os.getxattr(sys.argv[1], n).decode()] for n in os.listxattr(sys.argv[1])]))`;
      const name = Buffer.concat([Buffer.from('user.'), notUtf8]).toString('hex');
      expect(await python(script, odd)).toEqual(limits.anyNames ? [[name, 'found']] : []);
    });

    it('answers ENODATA for what is not there, and nothing for files without attributes', async () => {
      const script = `${calls}
wanted = ['user.nothing', 'security.capability', 'user.sherin.nothing', 'user.sherin.namespace', 'user.empty']
print(json.dumps([[get(n, 0) for n in wanted], names(0), names(100)]))`;
      const [values, ...lists] = (await python(script, mounted.file('hello.txt'))) as unknown[];
      expect(values).toEqual(['ENODATA', 'ENODATA', 'ENODATA', 'ENODATA', 'ENODATA']);
      expect(lists).toEqual([
        [0, null],
        [0, ''],
      ]);
      const empty = `${calls}\nprint(json.dumps([get('user.empty', 0), get('user.empty', 9)]))`;
      expect(await python(empty, path)).toEqual([
        [0, null],
        [0, ''],
      ]);
    });

    it('tells ID, cubes, root, time of the last check, proof, versions and policy by name', async () => {
      const tree = standardTree();
      const object = tree.object(tree.inode(lstatSync(path).ino)?.object ?? 0);
      const value = async (name: string) =>
        (await run('getfattr', ['--absolute-names', '--only-values', '-n', name, path])).out.toString();
      expect(await value('user.sherin.id')).toBe(object?.id);
      expect(await value('user.sherin.root')).toBe(object?.root.toString('hex'));
      expect(await value('user.sherin.cubes')).toBe('3');
      expect(await value('user.sherin.verified')).toBe('2023-11-14T22:13:20.000Z');
      expect(await value('user.sherin.proof')).toBe('{"proof":[]}');
      expect(await value('user.sherin.versions')).toBe('1');
      expect(await value('user.sherin.policy')).toBe('user');
    });

    it('hides its own and what a file forges in their name', async () => {
      const { out } = await run('getfattr', ['--absolute-names', '-m', '-', path]);
      expect(out.toString()).not.toContain('user.sherin');
      const script = `${calls}\nprint(json.dumps(get('user.sherin.forged', 10)))`;
      expect(await python(script, path)).toBe('ENODATA');
    });

    it('tells the namespace of directories', async () => {
      const script = `print(json.dumps([os.getxattr(p, 'user.sherin.namespace').decode() for p in sys.argv[1:]]))`;
      expect(await python(script, mounted.file('special'), mounted.file(''))).toEqual(['FILES', 'FILES']);
    });

    it('has no ACLs and no trusted attributes', async () => {
      const script = `
import struct
# An ACL that says what a mode of 0644 says; the kernel checks the form before it asks.
acl = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', tag, bits, 0xffffffff) for tag, bits in ((1, 6), (4, 4), (32, 4)))
names = ['trusted.x', 'system.posix_acl_access']
print(json.dumps([[attempt(os.getxattr, sys.argv[1], n), attempt(os.setxattr, sys.argv[1], n, acl)] for n in names]))`;
      const answers = (await python(script, path)) as string[][];
      // Python's name for EOPNOTSUPP.
      for (const answer of answers) expect(answer).toEqual(['ENOTSUP', 'ENOTSUP']);
    });

    it('has no labels, which spares ls the question', async () => {
      const script = `print(json.dumps(attempt(os.getxattr, sys.argv[1], 'security.selinux')))`;
      expect(await python(script, path)).toBe('ENOTSUP');
    });
  });
}
