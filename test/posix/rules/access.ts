import { AT_EACCESS, AT_FDCWD, F_OK, R_OK, W_OK, X_OK } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import { type Scene, sharedGroup } from '../scene.js';

const page = 'access(2)';

/** Which of r, w and x a user has on a file or directory with an owner and a mode. */
async function rights(t: Scene, uid: number, gid: number, mode: number, directory = false): Promise<string> {
  if (directory) await t.folder('f', 0o777, t.root);
  else await t.file('f', '', 0o777, t.root);
  await t.root.call('chown', 'f', uid, gid);
  await t.root.call('chmod', 'f', mode);
  let found = '';
  for (const [letter, wanted] of [
    ['r', R_OK],
    ['w', W_OK],
    ['x', X_OK],
  ] as const)
    found += await t.me.call('access', 'f', wanted).then(
      () => letter,
      () => '-',
    );
  return found;
}

const text = (bits: number): string =>
  `${bits & R_OK ? 'r' : '-'}${bits & W_OK ? 'w' : '-'}${bits & X_OK ? 'x' : '-'}`;
const eight = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export const access: Operation = {
  name: 'access and permissions',
  rules: [
    ...pathRefusals({
      source: page,
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('access', path, F_OK),
    }),
    ...atRefusals(page, 'faccessat', (process, fd, path) => process.call('faccessat', fd, path, F_OK, 0)),
    gives('of what exists', page, 0, async (t) => {
      await t.file('f');
      return t.me.call('access', 'f', F_OK);
    }),
    gives('of what one may read and write', page, 0, async (t) => {
      await t.file('f');
      return t.me.call('access', 'f', R_OK | W_OK);
    }),
    gives('follows a link', page, 0, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      return t.me.call('access', 'l', R_OK);
    }),
    gives('with AT_EACCESS', page, 0, async (t) => {
      await t.file('f');
      return t.me.call('faccessat', AT_FDCWD, 'f', R_OK, AT_EACCESS);
    }),
    refuses('EINVAL', 'a mode that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('access', 'f', 8);
    }),
    refuses('EINVAL', 'faccessat: a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('faccessat', AT_FDCWD, 'f', R_OK, 1);
    }),
    refuses('EACCES', 'nobody may run the file', page, async (t) => {
      await t.file('f', '', 0o644);
      return t.me.call('access', 'f', X_OK);
    }),
    ...asUser(
      ...eight.map((bits) =>
        gives(`the owner has ${text(bits)} of a mode 0${bits}00`, 'path_resolution(7)', text(bits), (t) =>
          rights(t, t.me.uid, t.me.gid, bits << 6),
        ),
      ),
      ...eight.map((bits) =>
        gives(`the group has ${text(bits)} of a mode 0${bits}0`, 'path_resolution(7)', text(bits), (t) =>
          rights(t, 0, t.me.gid, bits << 3),
        ),
      ),
      ...eight.map((bits) =>
        gives(
          `a supplementary group has ${text(bits)} of a mode 0${bits}0`,
          'path_resolution(7)',
          text(bits),
          (t) => rights(t, 0, sharedGroup, bits << 3),
        ),
      ),
      ...eight.map((bits) =>
        gives(`others have ${text(bits)} of a mode 0${bits}`, 'path_resolution(7)', text(bits), (t) =>
          rights(t, 0, 0, bits),
        ),
      ),
      ...eight.map((bits) =>
        gives(
          `the owner has ${text(bits)} of a directory with the mode 0${bits}00`,
          'path_resolution(7)',
          text(bits),
          (t) => rights(t, t.me.uid, t.me.gid, bits << 6, true),
        ),
      ),
      gives('the owner does not have what the group has', 'path_resolution(7)', '---', (t) =>
        rights(t, t.me.uid, t.me.gid, 0o077),
      ),
      gives('the group does not have what others have', 'path_resolution(7)', '---', (t) =>
        rights(t, 0, t.me.gid, 0o707),
      ),
      gives('a supplementary group does not have what others have', 'path_resolution(7)', '---', (t) =>
        rights(t, 0, sharedGroup, 0o707),
      ),
      gives('others have nothing of 0770', 'path_resolution(7)', '---', (t) => rights(t, 0, 0, 0o770)),
      gives(
        'a directory that may be read and not searched is listed',
        'path_resolution(7)',
        ['f'],
        async (t) => {
          await t.folder('d');
          await t.file('d/f');
          await t.me.call('chmod', 'd', 0o400);
          return t.me.names('d');
        },
      ),
      gives(
        'a directory that may be searched and not read gives its files',
        'path_resolution(7)',
        'abc',
        async (t) => {
          await t.folder('d');
          await t.file('d/f', 'abc');
          await t.me.call('chmod', 'd', 0o100);
          return t.content('d/f');
        },
      ),
      gives(
        'a change of the mode holds for the next look',
        'path_resolution(7)',
        ['ok', 'EACCES'],
        async (t) => {
          await t.file('f', '', 0o644, t.root);
          const look = () =>
            t.me.call('access', 'f', R_OK).then(
              () => 'ok',
              ({ errno }) => errno,
            );
          const before = await look();
          await t.root.call('chmod', 'f', 0o600);
          return [before, await look()];
        },
      ),
      gives(
        'a change of the group holds for the next look',
        'path_resolution(7)',
        ['EACCES', 'ok'],
        async (t) => {
          await t.file('f', '', 0o640, t.root);
          const look = () =>
            t.me.call('access', 'f', R_OK).then(
              () => 'ok',
              ({ errno }) => errno,
            );
          const before = await look();
          await t.root.call('chown', 'f', 0, sharedGroup);
          return [before, await look()];
        },
      ),
    ),
    ...asRoot(
      ...[0, 0o1, 0o10, 0o100].map((mode) =>
        gives(
          `root has ${mode === 0 ? 'rw-' : 'rwx'} of a mode 0${mode.toString(8)}`,
          'capabilities(7)',
          mode === 0 ? 'rw-' : 'rwx',
          (t) => rights(t, 54_321, 54_321, mode),
        ),
      ),
      gives('root has everything of a directory without permissions', 'capabilities(7)', 'rwx', (t) =>
        rights(t, 54_321, 54_321, 0, true),
      ),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENOMEM', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'is about attributes of chattr(1), which the mount has not' },
    { errno: 'ETXTBSY', source: page, why: 'newer kernels do not answer it' },
  ],
};
