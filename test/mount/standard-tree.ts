/** What the conformance suite finds in the mount. */
import { attributes, MemoryTree } from './memory-tree.js';

/** Files of patterned content: name → seed and size. */
export const patterned = {
  'odd.bin': { seed: 1, size: 300_001 },
  'big.bin': { seed: 2, size: 8 * 1024 * 1024 + 123 },
  'huge.bin': { seed: 3, size: 5 * 1024 ** 3 + 17 },
  'aside.bin': { seed: 4, size: 1_000_003 },
} as const;

export const manyCount = 12_000;
export const deepNames = Array.from({ length: 20 }, (_, at) => `level-${at}`);
export const awkwardNames = [
  'ünïcode ☃ 🗝.txt',
  'with  spaces',
  'line\nbreak',
  '-rf',
  '\\back\\slash',
  'quote"\'',
  'n'.repeat(255),
  'ü'.repeat(127),
];
export const notUtf8 = Buffer.from([0x62, 0x61, 0x64, 0xff, 0xfe]);
export const before1970 = -1_000_000_000_000n;
export const stored: readonly (readonly [string, Buffer])[] = [
  ['user.note', Buffer.from('a value')],
  ['user.empty', Buffer.alloc(0)],
  ['user.binary', Buffer.from(Array.from({ length: 256 }, (_, at) => at))],
  ['user.large', Buffer.alloc(60_000, 'x')],
  ['user.ünïcode', Buffer.from('ö')],
];

function text(value: string): { readonly data: Buffer } {
  return { data: Buffer.from(value) };
}

/** Inodes that tests change by name: see {@link findInode}. */
export function standardTree(): MemoryTree {
  const tree = new MemoryTree();
  const file = attributes('file');
  tree.add(1, 'hello.txt', file, text('hello, vault\n'));
  tree.add(1, 'empty', file);
  for (const [name, content] of Object.entries(patterned)) tree.add(1, name, file, content);
  let folder = 1;
  for (const name of deepNames) folder = tree.add(folder, name, attributes('directory'));
  tree.add(folder, 'bottom', file, text('the bottom\n'));
  addSpecial(tree);
  const many = tree.add(1, 'many', attributes('directory'));
  for (let at = 0; at < manyCount; at++) tree.add(many, `file-${at}`, file, { seed: at, size: at % 50 });
  const names = tree.add(1, 'names', attributes('directory'));
  for (const name of awkwardNames) tree.add(names, name, file, text(name));
  tree.add(names, notUtf8, file, text('not UTF-8'));
  for (const name of ['throws', 'hangs', 'late', 'denied', 'faulty', 'locked']) {
    tree.add(1, name, file, text(`content of ${name}\n`));
  }
  return tree;
}

function addSpecial(tree: MemoryTree): void {
  const special = tree.add(1, 'special', attributes('directory', { mode: 0o3750 }));
  tree.add(special, 'link', attributes('symlink', { target: Buffer.from('../hello.txt') }));
  tree.add(special, 'dangling', attributes('symlink', { target: Buffer.from('no/such/ü') }));
  tree.add(special, 'long-link', attributes('symlink', { target: Buffer.alloc(4000, 'a/') }));
  tree.add(special, 'fifo', attributes('fifo', { mode: 0o600 }));
  tree.add(special, 'socket', attributes('socket', { mode: 0o700 }));
  const hard = tree.add(special, 'hard-1', attributes('file'), text('two names\n'));
  tree.link(special, 'hard-2', hard);
  tree.add(special, 'setuid', attributes('file', { mode: 0o4755 }), text('#!/bin/sh\necho ran\n'));
  tree.add(special, 'foreign', attributes('file', { mode: 0o640, uid: 12_345, gid: 54_321 }), text('x'));
  const far = { atime: 4_102_444_800_987_654_321n, mtime: 4_102_444_800_123_456_789n };
  tree.add(special, 'future', attributes('file', far));
  tree.add(special, 'old', attributes('file', { mtime: before1970, atime: 0n }));
  const xattrs = stored.map(([name, value]) => [Buffer.from(name), value] as const);
  const hidden = [Buffer.from('user.sherin.forged'), Buffer.from('no')] as const;
  tree.add(special, 'attributed', attributes('file', { xattrs: [...xattrs, hidden] }), text('attributed\n'));
  const named = [Buffer.concat([Buffer.from('user.'), notUtf8]), Buffer.from('found')] as const;
  tree.add(special, 'oddly-attributed', attributes('file', { xattrs: [named] }));
}

/** The inode of a path below `files/`. */
export function findInode(tree: MemoryTree, path: string): number {
  let ino = 1;
  for (const name of path.split('/')) {
    const entry = tree.lookup(ino, Buffer.from(name));
    if (entry === undefined) throw new RangeError(`no ${path}`);
    ino = entry.ino;
  }
  return ino;
}
