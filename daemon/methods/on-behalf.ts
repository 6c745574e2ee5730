import type { ControlCaller } from '../protocol/objects.js';
import type { Caller } from '../socket/caller.js';

/** Whom sherin-fs is told that a request is for: it decides and records for him, not for sherind. */
export function onBehalf({ peer: { uid, gid, groups, pid } }: Caller): ControlCaller {
  return { uid, gid, groups: [...groups], pid };
}
