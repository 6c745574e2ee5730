/**
 * Where requests, and what bots make of them, lie: a directory of its own beside `files/` (FORMAT.md, "Tasks"), with
 * `<part>/<name>` in it and files in those, no deeper.
 */
import { type Namespace, parseNamespace } from '../../common/ids.js';
import { bytesToText } from '../../common/names.js';
import { tasksXattr } from '../../common/sherin-xattrs.js';
import { type Attributes, rootInode } from './records.js';
import type { Tree } from './tree.js';

/** Of inode 1: the number of the directory, in decimal digits; of that directory, to tell it from others: `1`. */
export const tasksAttribute = Buffer.from(tasksXattr);
export const tasksMark = Buffer.from('1');

/** Requests by the uid of their writer, what bots write by bot ID, results by the uid of who asked. */
export const taskParts = ['inbox', 'out', 'results'] as const;
export type TaskPart = (typeof taskParts)[number];

/** Files in the directory itself: what the policy engine knows, the access rules, and the settings of namespaces. */
export type PolicyRecordName = 'policy' | 'access' | 'namespaces';

export interface TaskPlace {
  readonly part: TaskPart;
  /** Name of the directory. */
  readonly name: string;
}

type Names = Pick<Tree, 'inode' | 'lookup' | 'linksOf' | 'parentsOf' | 'directory'>;

const namespaces: Readonly<Record<TaskPart, Namespace>> = {
  inbox: parseNamespace('TASK'),
  out: parseNamespace('OUT'),
  results: parseNamespace('RESULT'),
};

/** The inode of the directory; undefined in a vault that never had a task. */
export function tasksInode(tree: Names): number | undefined {
  const root = tree.inode(rootInode);
  const ino = root && tasksIn(root);
  const tasks = ino === undefined ? undefined : tree.inode(ino);
  return tasks !== undefined && valueIn(tasks)?.equals(tasksMark) === true ? ino : undefined;
}

/** What the attributes of inode 1 say of it. */
export function tasksIn(root: Pick<Attributes, 'xattrs'>): number | undefined {
  const value = valueIn(root);
  return value && Number(value.toString('latin1'));
}

/** The directory of a place; undefined where it was not made yet. */
export function directoryOf(tree: Names, { part, name }: TaskPlace): number | undefined {
  const above = directoryOfPart(tree, part);
  return above === undefined ? undefined : tree.lookup(above, Buffer.from(name))?.ino;
}

/** The directory of all places of a part; undefined where it was not made yet. */
export function directoryOfPart(tree: Names, part: TaskPart): number | undefined {
  const tasks = tasksInode(tree);
  return tasks === undefined ? undefined : tree.lookup(tasks, Buffer.from(part))?.ino;
}

/** What a directory is the one of; undefined for any other. It is asked at each change: for what lies in `files/`, a look at two directories above. */
export function placeOf(tree: Names, directory: number): TaskPlace | undefined {
  const above = tree.directory(directory)?.parent;
  const top = above === undefined ? undefined : tree.directory(above)?.parent;
  // The directory itself has none above it.
  if (above === undefined || top === undefined || top === rootInode) return undefined;
  if (tree.directory(top)?.parent !== 0 || top !== tasksInode(tree)) return undefined;
  const [[link], [linkAbove]] = [tree.linksOf(directory), tree.linksOf(above)];
  const part = taskParts.find((known) => known === linkAbove?.name.toString('latin1'));
  return part && link && { part, name: link.name.toString('latin1') };
}

/** Where a file lies; undefined for all in `files/`, and for what has no name. */
export function placeOfFile(
  tree: Names,
  ino: number,
): (TaskPlace & { readonly directory: number }) | undefined {
  const directory = tree.directory(ino)?.parent ?? tree.parentsOf(ino)[0];
  const place = directory === undefined ? undefined : placeOf(tree, directory);
  return directory === undefined ? undefined : place && { ...place, directory };
}

/** `inbox/1000/name`, for people; undefined for all in `files/`. */
export function taskPath(tree: Names, ino: number): string | undefined {
  const place = placeOfFile(tree, ino);
  const [link] = tree.linksOf(ino);
  return place && link && `${place.part}/${place.name}/${bytesToText(link.name)}`;
}

export function namespaceOfPart(part: TaskPart): Namespace {
  return namespaces[part];
}

function valueIn({ xattrs }: Pick<Attributes, 'xattrs'>): Buffer | undefined {
  return xattrs.find(([name]) => name.equals(tasksAttribute))?.[1];
}
