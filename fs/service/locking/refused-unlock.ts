import type { SherinError } from '../../../common/errors.js';
import type { AuditEvent } from '../../audit/event.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';

/** The record of an unlocking that was refused. @param caller null: nobody asked, an access did */
export function refusedUnlock({ code }: SherinError, caller: Caller | null): AuditEvent {
  return { event: 'AUDIT_UNLOCK_REFUSED', id: null, actor: actorOf(caller), meta: { code } };
}
