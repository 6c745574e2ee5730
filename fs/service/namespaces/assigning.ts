/** Namespaces that directories have of their own: who gives them, to what, and how they are kept. */
import { SherinError } from '../../../common/errors.js';
import { asAssignable } from '../../../common/namespaces/assignable.js';
import { namespaceXattr } from '../../../common/sherin-xattrs.js';
import { ownNamespace } from '../../manifest/own-namespace.js';
import { rootInode } from '../../manifest/records.js';
import type { Inode, Tree } from '../../manifest/tree.js';
import { dropXattr, putXattr } from '../../mount/changes/inode-attributes.js';
import type { Caller } from '../../mount/source.js';
import { pathText } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';

export interface GivenNamespace {
  readonly value: string;
  /** Of setxattr(2). */
  readonly flags: number;
}

/**
 * Gives a directory a namespace of its own, or takes it away (null), for an administrator; durable when it resolves. It is that of what is written below from then on:
 * content that is there keeps its own until it is written anew.
 * @returns the one that it had; null: none
 * @throws SherinError NAMESPACE_NAME, NAMESPACE_PLACE, NAMESPACE_NONE, NOT_DIRECTORY, PATH_MISSING,
 * AUDIT_UNWRITABLE, NO_SPACE, IO, LOCKED; PosixError EEXIST, ENODATA, ENOSPC
 */
export async function assignNamespace(
  session: Session,
  ino: number,
  given: GivenNamespace | null,
  caller: Caller,
): Promise<string | null> {
  const { records, changes, tree } = session;
  const before = ownNamespace(requirePlace(tree, ino)) ?? null;
  const namespace = given && asAssignable(given.value);
  if (before === null && given === null)
    throw new SherinError('NAMESPACE_NONE', { path: pathText(tree.path(ino) ?? Buffer.alloc(0)) });
  const meta = { inode: ino, before: before ?? '', namespace: namespace ?? '' };
  await records.record({ event: 'AUDIT_NAMESPACE_ASSIGN', id: null, actor: actorOf(caller), meta });
  // It may have gone while that was written.
  requirePlace(tree, ino);
  if (given === null) dropXattr(changes, ino, namespaceXattr);
  else putXattr(changes, ino, namespaceXattr, Buffer.from(given.value), given.flags);
  await changes.sync(ino);
  return before;
}

/** @throws SherinError NAMESPACE_PLACE, NOT_DIRECTORY, PATH_MISSING */
function requirePlace(tree: Pick<Tree, 'inode' | 'path'>, ino: number): Inode {
  const inode = tree.inode(ino);
  const below = tree.path(ino);
  if (inode === undefined) throw new SherinError('PATH_MISSING', { path: `inode ${ino}` });
  if (ino === rootInode)
    throw new SherinError('NAMESPACE_PLACE', {
      path: 'files/',
      part: 'what has no other namespace is in FILES',
    });
  if (below === undefined)
    throw new SherinError('NAMESPACE_PLACE', { path: `inode ${ino}`, part: 'it is not below files/' });
  if (inode.kind !== 'directory') throw new SherinError('NOT_DIRECTORY', { path: pathText(below) });
  return inode;
}
