import { SherinError } from '../../common/errors.js';
import { type ControlCaller, mostGroups } from '../protocol/objects.js';
import type { Caller } from '../socket/caller.js';

/**
 * Whom sherin-fs is told that a request is for: it decides and records for him, not for sherind.
 * @throws SherinError USAGE for more groups than a message may have: it would be refused, with all that others ask in it
 */
export function onBehalf({ peer: { uid, gid, groups, pid } }: Pick<Caller, 'peer'>): ControlCaller {
  if (groups.length > mostGroups)
    throw new SherinError('USAGE', { what: `the caller has more than ${mostGroups} groups` });
  return { uid, gid, groups: [...groups], pid };
}
