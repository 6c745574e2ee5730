import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
import { NotCanonical } from '../../common/strict-json.js';
import { isoTime } from '../../common/time.js';
import type { VaultKey } from '../../common/vault-key.js';
import { checkExport, type ProvenExport } from '../proof/check-export.js';
import { NotProven } from '../proof/check-proof.js';
import { type Told, withInput } from './input.js';

/** @throws SherinError PROOF_BROKEN, IO */
export async function verifyExport(path: string, key: VaultKey): Promise<Told> {
  return withInput(path, async (file) => told(checked(file.fd, path, key)));
}

function checked(fd: number, path: string, key: VaultKey): ProvenExport {
  try {
    return checkExport(fd, key);
  } catch (error) {
    if (error instanceof NotCanonical || error instanceof NotProven || error instanceof MalformedBytes)
      throw new SherinError('PROOF_BROKEN', { path, part: error.message });
    throw error;
  }
}

function told({ cubes, objects, head }: ProvenExport): Told {
  const { size, time } = head;
  return {
    value: { cubes, objects, head: { size, root: head.root.toString('hex'), time: String(time) } },
    lines: [
      `manifest export verified: ${formatCount(objects, 'object')} in ${formatCount(cubes, 'cube')}`,
      `head: ${formatCount(size, 'record')} of the manifest, ${isoTime(time)}`,
    ],
  };
}
