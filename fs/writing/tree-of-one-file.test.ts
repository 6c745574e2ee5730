import { expect, it } from 'vitest';
import { rootInode } from '../manifest/records.js';
import { PresentTree } from './present-tree.js';
import { treeOfOneFile } from './tree-of-one-file.js';

it('has one file, which any vault could have', () => {
  const [tree] = treeOfOneFile();
  if (!(tree instanceof PresentTree)) throw new Error('no tree');
  const found = [...tree.list(rootInode)].map(({ name, ino }) => ({ name: name.toString(), ino }));
  expect(found).toEqual([{ name: 'file', ino: rootInode + 1 }]);
  const { size, uid, mtime, object } = tree.inode(rootInode + 1) ?? {};
  expect({ size, uid, mtime, object }).toEqual({ size: 1, uid: 0, mtime: 0n, object: 1 });
  expect(tree.object(1)?.id).toBe(`FILES_20000101_${'0'.repeat(32)}`);
  expect(tree.counts()).toEqual({ inodes: 2, entries: 1, objects: 1 });
});

it('is the same each time: nothing of a session is in it', () => {
  const plain = (value: readonly unknown[]) => value.filter((part) => !(part instanceof PresentTree));
  expect(plain(treeOfOneFile())).toEqual(plain(treeOfOneFile()));
});
