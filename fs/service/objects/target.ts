import { SherinError } from '../../../common/errors.js';
import { looksLikeSherinId, parseSherinId } from '../../../common/ids.js';
import { givenUpText } from '../../history/restore.js';
import { isCollected, type ObjectInfo } from '../../manifest/tree.js';
import { treePath } from '../../tree-path.js';
import type { Session } from '../session/session.js';

/** A file named by path or Sherin ID. */
export interface Target {
  /** The inode, where the target has one; of content that is named by its ID the first that has it. */
  readonly ino: number | null;
  /** All of those. */
  readonly inodes: readonly number[];
  /** Its content, null for an empty file or something that has none. */
  readonly object: ObjectInfo | null;
}

/**
 * Finds a file by path or Sherin ID.
 * @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED, VERSION_COLLECTED
 */
export function findTarget(session: Session, text: string): Target {
  const target = findOrigin(session, text);
  const { object } = target;
  if (object !== null && isCollected(object))
    throw new SherinError('VERSION_COLLECTED', { what: text, part: givenUpText() });
  return target;
}

/** As {@link findTarget}, with content or without. @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED */
export function findOrigin(session: Session, text: string): Target {
  const { tree } = session.manifest;
  const ino = tree.find(treePath(text))?.ino;
  if (ino !== undefined) {
    const inode = tree.inode(ino);
    const object = inode === undefined || inode.object === 0 ? undefined : tree.object(inode.object);
    return { ino, inodes: [ino], object: object ?? null };
  }
  if (!looksLikeSherinId(text)) throw new SherinError('PATH_MISSING', { path: text });
  const object = tree.objectById(parseSherinId(text));
  if (object === undefined) throw new SherinError('ID_UNKNOWN', { id: text });
  const inodes = tree.inodesOf(object.no);
  return { ino: inodes[0] ?? null, inodes, object };
}
