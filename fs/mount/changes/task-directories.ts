/** Makes the directories in which requests and results lie (fs/manifest/tasks.ts), where they are not there yet. */
import { type Attributes, type Mutation, rootInode } from '../../manifest/records.js';
import { directoryOf, type TaskPlace, tasksAttribute, tasksInode, tasksMark } from '../../manifest/tasks.js';
import { attributesOf } from '../../manifest/tree.js';
import type { Changes } from '../source.js';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Others pass it, and see what is theirs. */
const passed = 0o711;
const own = 0o700;

/**
 * The directory of a place, which is its owner's alone.
 * @param vault the owner of the vault, and of what stands above that directory
 * @returns its inode number
 */
export function taskDirectory(changes: Changes, place: TaskPlace, owner: Owner, vault: Owner): number {
  const known = directoryOf(changes.tree, place);
  if (known !== undefined) return known;
  const tasks = tasksDirectory(changes, vault);
  const part = Buffer.from(place.part);
  const above = changes.tree.lookup(tasks, part)?.ino ?? makeIn(changes, tasks, part, passed, vault);
  return makeIn(changes, above, Buffer.from(place.name), own, owner);
}

/** The directory that stands beside `files/`. @returns its inode number */
export function tasksDirectory(changes: Changes, vault: Owner): number {
  return tasksInode(changes.tree) ?? makeTasks(changes, vault);
}

/** Nothing leads to it before it is whole. */
function makeTasks(changes: Changes, vault: Owner): number {
  const ino = changes.newInode();
  const made = attributes(changes, passed, vault);
  changes.change([
    { type: 'attributes', inode: ino, attributes: { ...made, xattrs: [[tasksAttribute, tasksMark]] } },
  ]);
  const root = changes.tree.inode(rootInode);
  if (root === undefined) throw new Error('a tree without a root');
  const others = root.xattrs.filter(([name]) => !name.equals(tasksAttribute));
  const xattrs = [...others, [tasksAttribute, Buffer.from(String(ino))] as const];
  changes.change([{ type: 'attributes', inode: rootInode, attributes: { ...attributesOf(root), xattrs } }]);
  return ino;
}

function makeIn(changes: Changes, parent: number, name: Buffer, mode: number, owner: Owner): number {
  const ino = changes.newInode();
  const made: Mutation[] = [
    { type: 'attributes', inode: ino, attributes: attributes(changes, mode, owner) },
    { type: 'link', parent, inode: ino, name },
  ];
  changes.change(made);
  return ino;
}

function attributes(changes: Changes, mode: number, { uid, gid }: Owner): Attributes {
  const now = changes.now();
  const times = { atime: now, mtime: now, ctime: now };
  return { kind: 'directory', mode, uid, gid, ...times, target: null, xattrs: [] };
}
