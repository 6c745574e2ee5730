import type { Namespace } from '../../common/ids.js';
import { Frontier } from '../../common/merkle.js';
import { emptyState } from '../manifest/empty-state.js';
import { encodeSlots } from '../manifest/index-node.js';
import { Overlay } from '../manifest/overlay.js';
import { type InodeKind, rootInode } from '../manifest/records.js';
import { ReverseAbove, ReverseIndex } from '../manifest/reverse-index.js';
import { Snapshot } from '../manifest/snapshot-reader.js';
import { writeSnapshot } from '../manifest/snapshot-writer.js';
import type { InodeState } from '../manifest/state.js';
import { PresentTree } from './present-tree.js';

const file = rootInode + 1;
const hash = Buffer.alloc(32);

/**
 * One of each kind of object by which the tree of a session is read, made as those are: of a root with one file in it. There is nothing of any
 * vault in them: numbers are zero, and the file's name is a constant.
 */
export function treeOfOneFile(): readonly unknown[] {
  const snapshot = new Snapshot(writeSnapshot(stateOfOneFile(), new Frontier()));
  const manifest = new Overlay(snapshot);
  const state = new Overlay(manifest);
  const view = { state, reverse: new ReverseAbove(new ReverseIndex(snapshot, manifest), state) };
  const tree = new PresentTree(
    () => view,
    { node: (id) => id },
    () => undefined,
    new Map(),
  );
  return [
    ...[
      tree,
      tree.linksOf(file),
      tree.inodesOf(1),
      [...tree.list(rootInode)],
      tree.inode(file),
      tree.object(1),
    ],
    ...[view.reverse.linksOf(file), [...state.list(rootInode, null)], state.inode(file), state.object(1)],
  ];
}

function stateOfOneFile(): Overlay {
  const state = new Overlay(emptyState);
  state.setInode({ ...inodeOf(rootInode, 'directory'), nlink: 2, entries: 1 });
  state.setInode({ ...inodeOf(file, 'file'), object: 1, version: 1, putIndex: 0 });
  state.setEntry(rootInode, 'file', { ino: file, kind: 'file', policy: 'user' });
  const node = encodeSlots([{ kind: 'cube', cube: { id: hash, root: hash, length: 1 } }]);
  const object = { no: 1, namespace: 'FILES' as Namespace, date: 20000101, tag: Buffer.alloc(16), length: 1 };
  state.setObject({ ...object, root: hash, node, nodeLength: node.length });
  return state;
}

function inodeOf(ino: number, kind: InodeKind): InodeState {
  const times = { atime: 0n, mtime: 0n, ctime: 0n };
  const attributes = { kind, mode: 0, uid: 0, gid: 0, ...times, target: null, xattrs: [] };
  return { ino, attributes, nlink: 1, entries: 0, parent: 0, object: 0, version: 0, putIndex: -1 };
}
