import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, SherinError } from '../../common/errors.js';
import { asSherinId } from '../../common/ids.js';
import type { AdmissionAnswer, AdmissionEntry, Goodness } from '../../daemon/protocol/admission.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Glance } from '../service/objects/glance.js';
import type { VaultService } from '../service/service.js';
import type { Records } from '../service/session/records.js';
import { type ActorsOf, actorsOf, append, recordOf, recordsOf, seriesOf } from './append.js';
import { requireOwn } from './on-behalf.js';
import type { ControlHandlers } from './server.js';

/** Bytes of the largest result that is verified before it is given as an answer; a larger one has to have been verified by somebody (`sherinctl verify`) since sherin-fs started. */
const mostVerified = 64 * 1024 * 1024;

/** Milliseconds for which answers to `request.answered` gather: sherind has given its own long since, and is woken once for all. */
const gatherMs = 5;

/** Not there, any more, or not for him. */
const gone: readonly string[] = ['ID_UNKNOWN', 'VERSION_COLLECTED'];

type Handlers = Pick<ControlHandlers, 'request.admit' | 'request.answered' | 'request.standing'>;

/** `request.admit`: what sherind has to ask for a submission, at once; `request.standing`: for how long it need not ask again; `request.answered`: what it has answered so. */
export function admissionHandlers(service: VaultService): Handlers {
  let gathered: Promise<void> | null = null;
  const gathering = (): Promise<void> => {
    gathered ??= sleep(gatherMs).then(() => {
      gathered = null;
    });
    return gathered;
  };
  return {
    async 'request.standing'(_, { peer, give }) {
      requireOwn(peer);
      give(service.standing.descriptor);
      return {};
    },

    async 'request.answered'({ entries }, { peer }) {
      requireOwn(peer);
      const actors = actorsOf(peer);
      const session = service.current();
      if (session?.records.writable === true) {
        await session.records.noteAll(entries.map((entry) => seriesOf(entry, actors(entry.caller))));
        await gathering();
        return {};
      }
      const records = entries.flatMap((entry) => recordsOf(entry, actors(entry.caller)));
      // The vault was locked after sherind had answered: its records are pending ones.
      if (session === null) await Promise.all(records.map((record) => service.note(record)));
      else await append(session.records, records);
      return {};
    },

    async 'request.admit'({ entries, standing }, { peer }) {
      requireOwn(peer);
      const session = await service.unlocked().catch(failureOf);
      if ('error' in session) return { answers: entries.map(() => session) };
      const actors = actorsOf(peer);
      // Before anything is looked at: what changes from here on is not what was told.
      const generation = service.standing.generation;
      const glance = service.objects.glance(session);
      // Decided and appended in one turn: nothing changes meanwhile, and records stand in the order of the entries.
      const answers = entries.map((entry) => admitted(glance, session.records, entry, actors));
      const told = { answers: await Promise.all(answers.map((answer) => answer.catch(failureOf))) };
      return standing ? { ...told, generation: service.mounts.tellsEnd ? generation : 0 } : told;
    },
  };
}

async function admitted(
  glance: Glance,
  records: Records,
  { caller, reads, results, events }: AdmissionEntry,
  actors: ActorsOf,
): Promise<AdmissionAnswer> {
  for (const id of reads) glance.at(asSherinId(id), caller);
  const known = results.map((id) => goodnessOf(glance, id, caller));
  await append(
    records,
    events.map((event) => recordOf(event, actors(caller))),
  );
  return { results: known };
}

/** What is of the table concerns the entry alone. */
function failureOf(error: unknown): { readonly error: Failure } {
  if (error instanceof SherinError) return { error: error.failure };
  throw error;
}

function goodnessOf(glance: Glance, id: string, caller: ControlCaller): Goodness {
  try {
    const { verified, size } = glance.at(asSherinId(id), caller);
    if (verified) return 'good';
    return size <= mostVerified ? 'unverified' : 'none';
  } catch (error) {
    if (error instanceof SherinError && gone.includes(error.code)) return 'none';
    throw error;
  }
}
