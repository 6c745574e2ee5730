/** What sherind has recorded in the vault's log. */
import type { DaemonAuditEvent, DaemonAuditSeries } from '../../daemon/protocol/engine.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Peer } from '../../native/ipc.js';
import { actorOf } from '../service/actor.js';
import type { Records } from '../service/session/records.js';
import { onBehalf } from './on-behalf.js';

type Actor = ReturnType<typeof actorOf>;
export type ActorsOf = (caller: Pick<ControlCaller, 'uid' | 'pid'> | null) => Actor;

/** Callers of one message as the log names them, null for sherind itself: each is looked up once. For one turn of the event loop. */
export function actorsOf(peer: Peer): ActorsOf {
  const known = new Map<string, Actor>();
  return (caller) => {
    const who = caller === null ? peer : onBehalf(peer, caller);
    const name = `${who.uid} ${who.pid}`;
    const actor = known.get(name) ?? actorOf({ uid: who.uid, gid: null, pid: who.pid });
    known.set(name, actor);
    return actor;
  };
}

export function recordOf({ event, id, meta }: DaemonAuditEvent, actor: Actor) {
  return { event, id: null, actor, meta: id === null ? meta : { ...meta, about: id } };
}

/** What sherind has refused somebody: as often as he likes, so that repeats are counted and not written one by one. */
const refusals: readonly string[] = ['AUDIT_DAEMON_DENIED', 'AUDIT_BOT_REFUSED'];

/** As {@link recordOf} for each of a series. */
export function recordsOf({ ids, ...same }: DaemonAuditSeries, actor: Actor) {
  return ids.map((id) => recordOf({ ...same, id }, actor));
}

/** The same as one. */
export function seriesOf({ event, ids, meta }: DaemonAuditSeries, actor: Actor) {
  return { event, id: null, actor, meta, about: ids };
}

/**
 * Appended when it resolves, durable within some milliseconds, or at once where that is wanted; of equal refusals the first.
 * @throws SherinError AUDIT_UNWRITABLE, LOCKED…
 */
export async function append(
  records: Records,
  events: readonly ReturnType<typeof recordOf>[],
  durable = false,
): Promise<void> {
  // A log that failed must take these first.
  if (durable || !records.writable)
    await Promise.all(
      events.map((each) => (refusals.includes(each.event) ? records.refused(each) : records.record(each))),
    );
  else await records.noteAll(events);
}
