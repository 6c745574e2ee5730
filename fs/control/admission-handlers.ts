import { SherinError } from '../../common/errors.js';
import { asSherinId } from '../../common/ids.js';
import type { AdmissionAnswer, AdmissionEntry, Goodness } from '../../daemon/protocol/admission.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Peer } from '../../native/ipc.js';
import type { ObjectAccess } from '../service/object-access.js';
import type { VaultService } from '../service/service.js';
import { append, recordOf } from './append.js';
import { requireOwn } from './on-behalf.js';
import type { ControlHandlers } from './server.js';

/** Bytes of the largest result that is verified before it is given as an answer; a larger one has to have been verified by somebody (`sherinctl verify`) since sherin-fs started. */
const mostVerified = 64 * 1024 * 1024;

/** Not there, any more, or not for him. */
const gone: readonly string[] = ['ID_UNKNOWN', 'VERSION_COLLECTED'];

/** `request.admit`: what sherind has to ask for a submission, at once. */
export function admissionHandlers(service: VaultService): Pick<ControlHandlers, 'request.admit'> {
  return {
    async 'request.admit'({ entries }, { peer }) {
      requireOwn(peer);
      return { answers: await Promise.all(entries.map((entry) => admitted(service, entry, peer))) };
    },
  };
}

async function admitted(
  service: VaultService,
  { caller, reads, results, events }: AdmissionEntry,
  peer: Peer,
): Promise<AdmissionAnswer> {
  const { objects } = service;
  try {
    for (const id of reads) await objects.stat(asSherinId(id), caller);
    await append(
      service,
      events.map((event) => recordOf(event, peer, caller)),
    );
    return { results: await Promise.all(results.map((id) => goodnessOf(objects, id, caller))) };
  } catch (error) {
    if (error instanceof SherinError) return { error: error.failure };
    throw error;
  }
}

async function goodnessOf(objects: ObjectAccess, id: string, caller: ControlCaller): Promise<Goodness> {
  try {
    const { verified, size } = await objects.stat(asSherinId(id), caller);
    if (verified) return 'good';
    return size <= mostVerified ? 'unverified' : 'none';
  } catch (error) {
    if (error instanceof SherinError && gone.includes(error.code)) return 'none';
    throw error;
  }
}
