import { noFile, O_RDONLY } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'statvfs(3)';
const posix = 'POSIX statvfs()';

interface Space {
  readonly bsize: number;
  readonly frsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly flag: number;
  readonly namemax: number;
}

const space = (t: Scene, path = '.'): Promise<Space> => t.me.call('statvfs', path);

export const statvfs: Operation = {
  name: 'statvfs, fstatvfs',
  rules: [
    ...pathRefusals({
      source: 'statfs(2)',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('statvfs', path),
    }),
    gives('names may have 255 bytes', posix, 255, async (t) => (await space(t)).namemax),
    gives('blocks have a size', posix, true, async (t) => {
      const { bsize, frsize } = await space(t);
      return bsize > 0 && frsize > 0;
    }),
    gives('no more is free than there is', posix, true, async (t) => {
      const { blocks, bfree } = await space(t);
      return bfree <= blocks;
    }),
    gives('no more is free for a user than for root', posix, true, async (t) => {
      const { bfree, bavail } = await space(t);
      return bavail <= bfree;
    }),
    gives('something is free', posix, true, async (t) => (await space(t)).bavail > 0),
    gives('no more files are free than there may be', posix, true, async (t) => {
      const { files, ffree } = await space(t);
      return ffree <= files;
    }),
    gives('it is not read-only', posix, 0, async (t) => (await space(t)).flag & 1),
    gives('a file and its directory are on one file system', posix, true, async (t) => {
      await t.file('f');
      const [one, two] = [await space(t), await space(t, 'f')];
      return one.blocks === two.blocks && one.namemax === two.namemax;
    }),
    gives('fstatvfs gives what statvfs gives', 'POSIX fstatvfs()', true, async (t) => {
      const byFile = await t.me.call<Space>('fstatvfs', await t.opened('f', O_RDONLY));
      const byPath = await space(t);
      return byFile.blocks === byPath.blocks && byFile.bsize === byPath.bsize;
    }),
    refuses('EBADF', 'fstatvfs: the descriptor is not open', 'statfs(2)', (t) =>
      t.me.call('fstatvfs', noFile),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EINTR', 'EIO', 'ENOMEM'),
    { errno: 'ENOSYS', source: page, why: 'is for file systems without the call' },
    { errno: 'EOVERFLOW', source: page, why: 'only a program of 32 bits meets it' },
  ],
};
