import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, noFile, O_RDONLY, O_WRONLY } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import { type Scene, sharedGroup } from '../scene.js';

const page = 'chown(2)';
const posix = 'POSIX chown()';

async function owner(t: Scene, name: string): Promise<[number, number]> {
  const { uid, gid } = await t.me.lstat(name);
  return [uid, gid];
}

/** Mode of a file after its owner gave it to another group. */
async function modeAfter(t: Scene, mode: number): Promise<number> {
  await t.file('f');
  await t.me.call('chmod', 'f', mode);
  await t.me.call('chown', 'f', -1, sharedGroup);
  return t.mode('f');
}

const large = 2 ** 32 - 2;

export const chown: Operation = {
  name: 'chown',
  rules: [
    ...pathRefusals({
      source: page,
      label: 'chown',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('chown', path, -1, -1),
    }),
    ...pathRefusals({
      source: page,
      label: 'lchown',
      existing: true,
      call: (t, path) => t.me.call('lchown', path, -1, -1),
    }),
    ...atRefusals(page, 'fchownat', (process, fd, path) => process.call('fchownat', fd, path, -1, -1, 0)),
    gives('of -1 and -1 keeps both', posix, true, async (t) => {
      await t.file('f');
      await t.me.call('chown', 'f', -1, -1);
      return String(await owner(t, 'f')) === String([t.me.uid, t.me.gid]);
    }),
    gives('of -1 and a group changes the group', posix, [true, sharedGroup], async (t) => {
      await t.file('f');
      await t.me.call('chown', 'f', -1, sharedGroup);
      const [uid, gid] = await owner(t, 'f');
      return [uid === t.me.uid, gid];
    }),
    gives('to the owner that it has succeeds', posix, true, async (t) => {
      await t.file('f');
      await t.me.call('chown', 'f', t.me.uid, t.me.gid);
      return (await owner(t, 'f'))[0] === t.me.uid;
    }),
    gives('follows a link', posix, sharedGroup, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      await t.me.call('chown', 'l', -1, sharedGroup);
      return (await owner(t, 'f'))[1];
    }),
    gives('lchown changes the link itself', 'POSIX lchown()', [sharedGroup, true], async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      await t.me.call('lchown', 'l', -1, sharedGroup);
      return [(await owner(t, 'l'))[1], (await owner(t, 'f'))[1] === t.me.gid];
    }),
    gives('fchownat with AT_SYMLINK_NOFOLLOW changes the link itself', page, sharedGroup, async (t) => {
      await t.me.call('symlink', 'missing', 'l');
      await t.me.call('fchownat', AT_FDCWD, 'l', -1, sharedGroup, AT_SYMLINK_NOFOLLOW);
      return (await owner(t, 'l'))[1];
    }),
    gives('fchownat with AT_EMPTY_PATH changes the file of the descriptor', page, sharedGroup, async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('fchownat', fd, '', -1, sharedGroup, AT_EMPTY_PATH);
      return (await owner(t, 'f'))[1];
    }),
    gives('fchown changes the file of the descriptor', 'POSIX fchown()', sharedGroup, async (t) => {
      await t.me.call('fchown', await t.opened('f', O_RDONLY), -1, sharedGroup);
      return (await owner(t, 'f'))[1];
    }),
    gives('of a directory', posix, sharedGroup, async (t) => {
      await t.folder('d');
      await t.me.call('chown', 'd', -1, sharedGroup);
      return (await owner(t, 'd'))[1];
    }),
    gives('of a FIFO', posix, sharedGroup, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      await t.me.call('chown', 'p', -1, sharedGroup);
      return (await owner(t, 'p'))[1];
    }),
    gives('marks ctime alone', posix, ['ctime'], async (t) => {
      await t.file('f');
      return t.marked('f', () => t.me.call('chown', 'f', -1, sharedGroup));
    }),
    gives('clears setuid and setgid of a program', posix, 0o755, (t) => modeAfter(t, 0o6755)),
    gives('clears setuid of a file that its group may not run', posix, 0o744, (t) => modeAfter(t, 0o4744)),
    gives('of -1 and -1 clears them, too', page, 0o755, async (t) => {
      await t.file('f');
      await t.me.call('chmod', 'f', 0o6755);
      await t.me.call('chown', 'f', -1, -1);
      return t.mode('f');
    }),
    gives('clears setuid of a FIFO', page, [0o755, 0o755], async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      const after = async (group: number): Promise<number> => {
        await t.me.call('chmod', 'p', 0o4755);
        await t.me.call('chown', 'p', -1, group);
        return t.mode('p');
      };
      return [await after(sharedGroup), await after(-1)];
    }),
    gives('keeps the sticky bit', posix, 0o1755, (t) => modeAfter(t, 0o1755)),
    gives('keeps setgid of a directory', page, 0o2755, async (t) => {
      await t.folder('d');
      await t.me.call('chmod', 'd', 0o2755);
      await t.me.call('chown', 'd', -1, t.me.gid);
      return t.mode('d');
    }),
    refuses('EBADF', 'fchown: the descriptor is not open', page, (t) => t.me.call('fchown', noFile, -1, -1)),
    refuses('EINVAL', 'fchownat: a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('fchownat', AT_FDCWD, 'f', -1, -1, 1);
    }),
    ...asUser(
      refuses('EPERM', 'a file would be given to another user', page, async (t) => {
        await t.file('f');
        return t.me.call('chown', 'f', t.other.uid, -1);
      }),
      refuses('EPERM', 'a file would be given to root', page, async (t) => {
        await t.file('f');
        return t.me.call('chown', 'f', 0, -1);
      }),
      refuses('EPERM', 'a file would be given to a group that one is not in', page, async (t) => {
        await t.file('f');
        return t.me.call('chown', 'f', -1, t.other.gid);
      }),
      refuses('EPERM', 'the file is someone else’s', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return t.me.call('chown', 'f', t.me.uid, -1);
      }),
      refuses('EPERM', 'a group of the file of someone else', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return t.me.call('chown', 'f', -1, t.me.gid);
      }),
      refuses('EPERM', 'fchown: a file would be given to another user', page, async (t) =>
        t.me.call('fchown', await t.opened('f', O_RDONLY), t.other.uid, -1),
      ),
      refuses('EPERM', 'lchown: a link would be given to another user', page, async (t) => {
        await t.me.call('symlink', 'missing', 'l');
        return t.me.call('lchown', 'l', t.other.uid, -1);
      }),
      gives('by the owner needs no permission on the file', page, sharedGroup, async (t) => {
        await t.file('f', '', 0);
        await t.me.call('chown', 'f', -1, sharedGroup);
        return (await owner(t, 'f'))[1];
      }),
    ),
    ...asRoot(
      gives('by root changes owner and group', posix, [54_321, 54_322], async (t) => {
        await t.file('f');
        await t.me.call('chown', 'f', 54_321, 54_322);
        return owner(t, 'f');
      }),
      gives('by root of an owner and -1 keeps the group', posix, [54_321, 0], async (t) => {
        await t.file('f');
        await t.me.call('chown', 'f', 54_321, -1);
        return owner(t, 'f');
      }),
      gives('by root of the largest numbers', page, [large, large], async (t) => {
        await t.file('f');
        await t.me.call('chown', 'f', large, large);
        return owner(t, 'f');
      }),
      gives('by root of a link to another owner', 'POSIX lchown()', [54_321, 54_322], async (t) => {
        await t.me.call('symlink', 'missing', 'l');
        await t.me.call('lchown', 'l', 54_321, 54_322);
        return owner(t, 'l');
      }),
      gives('by root clears setuid and setgid of a program', page, 0o755, async (t) => {
        await t.file('f');
        await t.me.call('chmod', 'f', 0o6755);
        await t.me.call('chown', 'f', 54_321, 54_322);
        return t.mode('f');
      }),
      gives('by root of a file that is open is seen by its descriptor', posix, 54_321, async (t) => {
        const fd = await t.opened('f', O_RDONLY);
        await t.me.call('chown', 'f', 54_321, -1);
        return (await t.me.fstat(fd)).uid;
      }),
      refuses('EPERM', 'of -1 and -1 by another user of a file with setuid', page, async (t) => {
        await t.file('f');
        await t.me.call('chmod', 'f', 0o4755);
        await t.other.call('chown', 'f', -1, -1);
      }),
      refuses(
        'EPERM',
        'of -1 and -1 by another user of a file with setuid that is open to be written',
        page,
        async (t) => {
          await t.opened('f', O_WRONLY);
          await t.me.call('chmod', 'f', 0o4755);
          await t.other.call('chown', 'f', -1, -1);
        },
      ),
      gives('by root gives the new owner the rights of the owner', posix, 'abc', async (t) => {
        await t.file('f', 'abc', 0o600);
        await t.me.call('chown', 'f', t.other.uid, 0);
        return t.content('f', t.other);
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENOMEM', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'for attributes of chattr(1), which the mount has not' },
  ],
};
