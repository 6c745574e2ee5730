import { AT_FDCWD, AT_REMOVEDIR } from '../constants.js';
import { asRoot, asUser, gives, type Operation, type Rule, refuses } from '../rule.js';
import type { Scene } from '../scene.js';

const source = 'inode(7)';

/** A sticky directory of root that everybody may write. */
async function shared(t: Scene): Promise<void> {
  await t.folder('d', 0o777, t.root);
  await t.root.call('chmod', 'd', 0o1777);
}

const kinds: readonly (readonly [string, (t: Scene, name: string) => Promise<unknown>])[] = [
  ['a file', (t, name) => t.file(name, '', 0o666, t.other)],
  ['a link', (t, name) => t.other.call('symlink', 'missing', name)],
  ['a FIFO', (t, name) => t.other.call('mkfifo', name, 0o666)],
  ['a directory', (t, name) => t.folder(name, 0o777, t.other)],
];

const refusals: readonly Rule[] = kinds.flatMap(([name, make]) => [
  refuses('EPERM', `${name} of someone else is removed`, source, async (t) => {
    await shared(t);
    await make(t, 'd/n');
    return t.me.call('unlinkat', AT_FDCWD, 'd/n', name === 'a directory' ? AT_REMOVEDIR : 0);
  }),
  refuses('EPERM', `${name} of someone else is renamed`, source, async (t) => {
    await shared(t);
    await make(t, 'd/n');
    return t.me.call('rename', 'd/n', 'd/m');
  }),
  refuses('EPERM', `${name} of someone else is replaced`, source, async (t) => {
    await shared(t);
    await make(t, 'd/n');
    if (name === 'a directory') await t.folder('d/m');
    else await t.file('d/m');
    return t.me.call('rename', 'd/m', 'd/n');
  }),
]);

export const sticky: Operation = {
  name: 'sticky directories',
  rules: [
    ...asUser(
      ...refusals,
      refuses('EPERM', 'a file of someone else is moved out', source, async (t) => {
        await shared(t);
        await t.file('d/f', '', 0o666, t.other);
        return t.me.call('rename', 'd/f', 'f');
      }),
      gives('a file of one’s own is removed', source, [], async (t) => {
        await shared(t);
        await t.file('d/f');
        await t.me.call('unlink', 'd/f');
        return t.me.names('d');
      }),
      gives('a file of one’s own is renamed', source, ['g'], async (t) => {
        await shared(t);
        await t.file('d/f');
        await t.me.call('rename', 'd/f', 'd/g');
        return t.me.names('d');
      }),
      gives('a directory of one’s own is removed', source, [], async (t) => {
        await shared(t);
        await t.folder('d/e');
        await t.me.call('rmdir', 'd/e');
        return t.me.names('d');
      }),
      gives('the owner of the directory removes a file of someone else', source, [], async (t) => {
        await t.folder('d', 0o777);
        await t.me.call('chmod', 'd', 0o1777);
        await t.file('d/f', '', 0o644, t.other);
        await t.me.call('unlink', 'd/f');
        return t.me.names('d');
      }),
      gives('the owner of the directory renames a file of someone else', source, ['g'], async (t) => {
        await t.folder('d', 0o777);
        await t.me.call('chmod', 'd', 0o1777);
        await t.file('d/f', '', 0o644, t.other);
        await t.me.call('rename', 'd/f', 'd/g');
        return t.me.names('d');
      }),
      gives('without the sticky bit a file of someone else is removed', source, [], async (t) => {
        await t.folder('d', 0o777, t.root);
        await t.file('d/f', '', 0o644, t.other);
        await t.me.call('unlink', 'd/f');
        return t.me.names('d');
      }),
      gives('a link to a file of someone else is made', source, ['f', 'g'], async (t) => {
        await shared(t);
        await t.file('d/f', '', 0o666, t.other);
        await t.me.call('link', 'd/f', 'd/g');
        return t.me.names('d');
      }),
      refuses('EPERM', 'one’s own link to a file of someone else is removed', source, async (t) => {
        await shared(t);
        await t.file('d/f', '', 0o666, t.other);
        await t.me.call('link', 'd/f', 'd/g');
        return t.me.call('unlink', 'd/g');
      }),
    ),
    ...asRoot(
      gives('root removes any file', 'capabilities(7)', [], async (t) => {
        await shared(t);
        await t.file('d/f', '', 0o644, t.other);
        await t.me.call('unlink', 'd/f');
        return t.me.names('d');
      }),
      gives('root replaces any file', 'capabilities(7)', ['f'], async (t) => {
        await shared(t);
        await t.file('d/f', '', 0o644, t.other);
        await t.file('d/g');
        await t.me.call('rename', 'd/g', 'd/f');
        return t.me.names('d');
      }),
    ),
  ],
  unprovoked: [],
};
