import { verifier } from '../../common/signature.js';
import { requireKnownLog } from '../audit/known-version.js';
import { requireKnownCopy } from '../log-copy/known-version.js';
import type { Signer } from './copy-cubes.js';

/**
 * Before anything of a vault or a backup is changed: neither its audit log nor its copy of the manifest's log is of a later program.
 * @param directory descriptor of it
 * @throws SherinError FORMAT_NEWER, DISK_READ
 */
export async function requireKnownLogs(directory: number, { uuid, publicKey }: Signer): Promise<void> {
  const verify = verifier(publicKey);
  await requireKnownLog(`/proc/self/fd/${directory}/audit`, { uuid, verify });
  await requireKnownCopy(directory, { uuid, publicKey });
}
