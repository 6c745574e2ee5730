/** Which namespace content gets where it lies: by its place beside `files/`, or by the directories above it (FORMAT.md, "Tasks"). */

import type { Namespace } from '../../common/ids.js';
import { parseNamespace } from '../../common/ids.js';
import { isAssignable } from '../../common/namespaces/assignable.js';
import { namespaceXattr } from '../../common/sherin-xattrs.js';
import { type Attributes, rootInode } from './records.js';
import { namespaceOfPart, placeOf, tasksInode } from './tasks.js';
import type { Tree } from './tree.js';

type Names = Pick<Tree, 'inode' | 'lookup' | 'linksOf' | 'parentsOf' | 'directory'>;

export const filesNamespace = parseNamespace('FILES');
const policyNamespace = parseNamespace('POLICY');
/** Of a directory, where it has a namespace of its own. */
const attribute = Buffer.from(namespaceXattr);

/** The namespace of what is written to a file. Of several names one that leads out of `FILES` counts, the first in the order of characters. */
export function namespaceOf(tree: Names, ino: number): Namespace {
  const [first = filesNamespace, ...others] = namespacesOfNames(tree, ino);
  if (others.length === 0) return first;
  const [named = first] = [first, ...others].filter((name) => name !== filesNamespace).sort();
  return named;
}

/** Of all its names. */
export function namespacesOfNames(tree: Names, ino: number): ReadonlySet<Namespace> {
  return new Set(tree.parentsOf(ino).map((parent) => namespaceBelow(tree, parent)));
}

/** Of what gets a name in a directory: the nearest one that has a namespace of its own decides. */
export function namespaceBelow(tree: Names, directory: number): Namespace {
  const place = placeOf(tree, directory);
  if (place !== undefined) return namespaceOfPart(place.part);
  for (let at = directory; at !== rootInode; ) {
    const here = tree.directory(at);
    const own = ownNamespace(here);
    if (own !== undefined) return own;
    if (here === undefined || here.parent === 0)
      return at === tasksInode(tree) ? policyNamespace : filesNamespace;
    at = here.parent;
  }
  return filesNamespace;
}

/** Of a directory; undefined where it has none of its own. */
export function ownNamespace(directory: Pick<Attributes, 'xattrs'> | undefined): Namespace | undefined {
  const value = directory?.xattrs.find(([name]) => name.equals(attribute))?.[1];
  return value && parseNamespace(value.toString('latin1'));
}

/** The attributes of a directory with another namespace of its own; null: with none. */
export function withNamespace(attributes: Attributes, namespace: Namespace | null): Attributes {
  const others = attributes.xattrs.filter(([name]) => !name.equals(attribute));
  const own = namespace === null ? [] : [[attribute, Buffer.from(namespace)] as const];
  return { ...attributes, xattrs: [...others, ...own] };
}

/** Why a namespace can't stand among the attributes of an inode; null: it can, or there is none. */
export function namespaceFault({ kind, xattrs }: Pick<Attributes, 'kind' | 'xattrs'>): string | null {
  const value = xattrs.find(([name]) => name.equals(attribute))?.[1];
  if (value === undefined) return null;
  if (kind !== 'directory') return `a ${kind} with a namespace`;
  return isAssignable(value.toString('latin1')) ? null : 'a namespace that no directory can have';
}
