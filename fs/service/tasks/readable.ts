import { SherinError } from '../../../common/errors.js';
import { parseSherinId } from '../../../common/ids.js';
import { givenUpText } from '../../history/restore.js';
import { isCollected, type ObjectInfo } from '../../manifest/tree.js';
import { objectReach, permits } from '../../mount/reach.js';
import type { Session } from '../session/session.js';

/** Who gave a task, as the kernel named them to who passes it on. */
export interface Submitter {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * The object of an ID, where somebody could open it in `ids/`: by the same modes, the same tag and the same access rules.
 * @throws SherinError ID_UNKNOWN, ID_MALFORMED, VERSION_COLLECTED, DENIED, which is recorded
 */
export async function readable(
  session: Session,
  id: string,
  { uid, gid, groups }: Submitter,
  owner: { readonly uid: number; readonly gid: number },
): Promise<ObjectInfo> {
  const { tree } = session;
  const object = tree.objectById(parseSherinId(id));
  if (object === undefined) throw new SherinError('ID_UNKNOWN', { id });
  const caller = { uid, gid, pid: null, groups };
  if (!permits(objectReach(tree, object.no, owner), caller)) {
    await session.records.denied('grant', object.id, caller);
    throw new SherinError('DENIED', { uid, what: `read ${object.id}` });
  }
  await session.rights.requireTags(tree.inodesOf(object.no), object.id, caller, tree);
  await session.rules.guard()?.refusal('read', { id: object.id }, caller);
  if (isCollected(object)) throw new SherinError('VERSION_COLLECTED', { what: id, part: givenUpText() });
  return object;
}
