/** The namespace that a directory has of its own, among its extended attributes (FORMAT.md, "Tasks"). */
import { type Namespace, parseNamespace } from '../../common/ids.js';
import { isAssignable } from '../../common/namespaces/assignable.js';
import { namespaceXattr } from '../../common/sherin-xattrs.js';
import type { Attributes } from './records.js';

const attribute = Buffer.from(namespaceXattr);

/** Of a directory; undefined where it has none of its own. */
export function ownNamespace(directory: Pick<Attributes, 'xattrs'> | undefined): Namespace | undefined {
  const value = directory?.xattrs.find(([name]) => name.equals(attribute))?.[1];
  return value && parseNamespace(value.toString('latin1'));
}

/** Why a namespace can't stand among the attributes of an inode; null: it can, or there is none. */
export function namespaceFault({ kind, xattrs }: Pick<Attributes, 'kind' | 'xattrs'>): string | null {
  const value = xattrs.find(([name]) => name.equals(attribute))?.[1];
  if (value === undefined) return null;
  if (kind !== 'directory') return `a ${kind} with a namespace`;
  return isAssignable(value.toString('latin1')) ? null : 'a namespace that no directory can have';
}
