import { SherinError } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { shippedFloor } from '../../common/policy-floor.js';
import type { Stop } from '../../common/policy-scales.js';
import { Turns } from '../../common/turns.js';
import type { DaemonAuditEvent } from '../../daemon/protocol/engine.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Peer } from '../../native/ipc.js';
import { actorOf } from '../service/actor.js';
import { PolicyRecord } from '../service/policy-record.js';
import type { VaultService } from '../service/service.js';
import { onBehalf } from './on-behalf.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'policy.read' | 'policy.write' | 'policy.freeze' | 'audit.append'>;
type AuditRecord = ReturnType<typeof recordOf>;
type State = { readonly floor: unknown; readonly stop: Stop; readonly [member: string]: unknown };

/** `policy.*` and `audit.append`: what sherind keeps in the vault and in its log. */
export function engineHandlers(service: VaultService): Handlers {
  const writes = new Turns();
  return {
    async 'policy.read'(_, { peer }) {
      requireOwn(peer);
      return { state: await stored(service) };
    },

    async 'policy.write'({ state, events, caller }, { peer }) {
      requireOwn(peer);
      if (state.stop === 'freeze') await service.freezing.freeze(onBehalf(peer, caller ?? undefined));
      return writes.run(() =>
        keep(
          service,
          state,
          events.map((event) => recordOf(event, peer, caller)),
        ),
      );
    },

    async 'policy.freeze'({ caller }, { peer }) {
      requireOwn(peer);
      await service.freezing.freeze(onBehalf(peer, caller ?? undefined));
      return {};
    },

    async 'audit.append'({ entries, durable }, { peer }) {
      requireOwn(peer);
      const session = await service.unlocked();
      const records = entries.flatMap(({ events, caller }) =>
        events.map((event) => recordOf(event, peer, caller)),
      );
      // A log that failed must take these first.
      if (durable || !session.records.writable)
        await Promise.all(records.map((each) => session.records.record(each)));
      else for (const each of records) session.records.note(each);
      return {};
    },
  };
}

/** @throws SherinError DENIED for another floor; AUDIT_UNWRITABLE, with everything as it was; LOCKED, NO_SPACE, IO */
async function keep(
  service: VaultService,
  state: State,
  records: readonly AuditRecord[],
): Promise<Record<string, never>> {
  const before = await stored(service);
  if (jcs(state.floor) !== jcs(before?.floor ?? shippedFloor))
    throw new SherinError('DENIED', {
      uid: records[0]?.actor.uid ?? 0,
      what: 'change the floor of the policy',
    });
  const session = await service.unlocked();
  for (const record of records) await session.records.record(record);
  await new PolicyRecord(session, 'policy').write(Buffer.from(jcs(state)));
  service.freezing.wrote(state.stop);
  return {};
}

async function stored(service: VaultService): Promise<State | null> {
  const bytes = await new PolicyRecord(await service.unlocked(), 'policy').read();
  if (bytes === null) return null;
  return JSON.parse(bytes.toString('utf8')) as State;
}

function recordOf({ event, id, meta }: DaemonAuditEvent, peer: Peer, caller: ControlCaller | null) {
  return {
    event,
    id: null,
    actor: actorOf(caller === null ? peer : onBehalf(peer, caller)),
    meta: id === null ? meta : { ...meta, about: id },
  };
}

/** Others would put words into the mouth of sherind. @throws SherinError DENIED */
function requireOwn(peer: Peer): void {
  if (peer.uid === 0 || peer.uid === process.getuid?.()) return;
  throw new SherinError('DENIED', { uid: peer.uid, what: 'speak for sherind' });
}
