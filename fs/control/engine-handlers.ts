import { SherinError } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { shippedFloor } from '../../common/policy-floor.js';
import type { Stop } from '../../common/policy-scales.js';
import { Turns } from '../../common/turns.js';
import type { VaultService } from '../service/service.js';
import { PolicyRecord } from '../service/session/policy-record.js';
import { actorsOf, append, recordOf } from './append.js';
import { type Asker, onBehalf, requireOwn } from './on-behalf.js';
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
      const actors = actorsOf(peer);
      const records = events.map((event) => recordOf(event, actors(caller)));
      return writes.run(() => keep(service, state, records, onBehalf(peer, caller ?? undefined)));
    },

    async 'policy.freeze'({ caller }, { peer }) {
      requireOwn(peer);
      await service.freezing.freeze(onBehalf(peer, caller ?? undefined));
      return {};
    },

    async 'audit.append'({ entries, durable }, { peer }) {
      requireOwn(peer);
      const actors = actorsOf(peer);
      const records = entries.flatMap(({ events, caller }) =>
        events.map((event) => recordOf(event, actors(caller))),
      );
      await append((await service.unlocked()).records, records, durable);
      return {};
    },
  };
}

/** @throws SherinError DENIED for another floor, which is recorded; AUDIT_UNWRITABLE, with everything as it was; LOCKED, NO_SPACE, IO */
async function keep(
  service: VaultService,
  state: State,
  records: readonly AuditRecord[],
  who: Asker,
): Promise<Record<string, never>> {
  const before = await stored(service);
  const session = await service.unlocked();
  if (jcs(state.floor) !== jcs(before?.floor ?? shippedFloor)) {
    await session.records.denied('policy-floor', null, who);
    throw new SherinError('DENIED', { uid: who.uid, what: 'change the floor of the policy' });
  }
  for (const record of records) await session.records.record(record);
  await new PolicyRecord(session, 'policy').write(Buffer.from(jcs(state)));
  service.freezing.wrote(state);
  return {};
}

async function stored(service: VaultService): Promise<State | null> {
  const bytes = await new PolicyRecord(await service.unlocked(), 'policy').read();
  if (bytes === null) return null;
  return JSON.parse(bytes.toString('utf8')) as State;
}
