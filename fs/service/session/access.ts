import type { Admins } from '../../../common/admins.js';
import type { PolicyTag } from '../../manifest/records.js';
import type { Caller } from '../../mount/source.js';

/** May the caller read what a path with this policy tag leads to (modes have been checked by the kernel)? */
export function mayRead(tag: PolicyTag, caller: Caller, admins: Admins): boolean {
  if (tag === 'user') return true;
  return tag === 'admin' ? admins.has(caller) : caller.uid === 0;
}
