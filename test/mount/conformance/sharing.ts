import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { knownCube } from '../memory-source.js';
import { Mounted } from '../mounted.js';
import { python } from '../programs.js';
import { findInode, standardTree } from '../standard-tree.js';

/** As another user, what opening (or, ending in a slash, listing) each path answers. */
const asOther = `
os.setgroups([]); os.setgid(65534); os.setuid(65534)
def reach(path):
    if path.endswith('/'): return attempt(os.listdir, path)
    return attempt(lambda: os.close(os.open(path, os.O_RDONLY)))
print(json.dumps([reach(path) for path in sys.argv[1:]]))`;

export function sharingTests(limits: DriverLimits): void {
  describe.runIf(process.getuid?.() === 0)('other users', () => {
    let own: Mounted;
    let open: Mounted;
    const tree = standardTree();
    const idOf = (path: string) => tree.object(tree.inode(findInode(tree, path))?.object ?? 0)?.id ?? '';
    beforeAll(async () => {
      [own, open] = await Promise.all([
        Mounted.mount(limits),
        Mounted.mount(limits, { allowOther: true, listIds: true }),
      ]);
      for (const { path } of [own, open]) chmodSync(join(path, '..'), 0o1777);
    });
    afterAll(() => Promise.all([own.close(), open.close()]));

    it('are kept out of a mount that is not opened to them', async () => {
      expect(await python(asOther, `${own.path}/`, own.file('hello.txt'))).toEqual(['EACCES', 'EACCES']);
    });

    it('get what modes allow', async () => {
      const paths = [
        open.file(''),
        open.file('hello.txt'),
        open.file('special/'),
        open.file('special/attributed'),
      ];
      expect(await python(asOther, ...paths)).toEqual(['done', 'done', 'EACCES', 'EACCES']);
    });

    it('get objects by ID only where a path lets them', async () => {
      const paths = ['hello.txt', 'special/foreign', 'special/attributed'].map((path) =>
        join(open.path, 'ids', idOf(path)),
      );
      expect(await python(asOther, ...paths, join(open.path, 'ids/'))).toEqual([
        'done',
        // What only its owner may read is not there for others, where it is known who asks.
        limits.callerIdentity ? 'ENOENT' : 'EACCES',
        'EACCES',
        'EACCES',
      ]);
    });

    it('get no cubes and no audit log', async () => {
      const paths = [
        join(open.path, 'cubes', knownCube),
        join(open.path, 'cubes/'),
        join(open.path, '.sherin/audit.jsonl'),
      ];
      expect(await python(asOther, ...paths)).toEqual(['EACCES', 'EACCES', 'EACCES']);
      expect(limits.callerIdentity || (await cubesMode(open.path)) === 0o700).toBe(true);
    });
  });
}

async function cubesMode(path: string): Promise<unknown> {
  return python(`print(json.dumps(os.stat(os.path.join(sys.argv[1], 'cubes')).st_mode & 0o777))`, path);
}
