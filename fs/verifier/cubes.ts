import { SherinError } from '../../common/errors.js';
import { formatCount } from '../../common/format-count.js';
import { reason } from '../../common/local-error.js';
import type { VaultKey } from '../../common/vault-key.js';
import { checkStoredCubes, type StoredFailure } from '../proof/stored-cubes.js';
import type { Told } from './input.js';

/** Of those that fail so many are told; all are counted. */
const mostTold = 20;

/** @throws SherinError CUBE_BROKEN, PROOF_BROKEN, IO */
export async function verifyCubes(folder: string, key: VaultKey): Promise<Told> {
  const told: StoredFailure[] = [];
  let failures = 0;
  const cubes = await checkStoredCubes(folder, key, (failure) => {
    failures += 1;
    if (told.length < mostTold) told.push(failure);
  }).catch((error: unknown) => {
    throw new SherinError('IO', { what: `reading ${folder}`, part: reason(error) }, { cause: error });
  });
  // Another folder, or an empty one: nothing was shown.
  if (cubes === 0) throw new SherinError('PROOF_BROKEN', { path: folder, part: 'there is no cube in it' });
  if (failures === 0) return { value: { cubes }, lines: [`cubes verified: ${cubes}`] };
  const list = told.map(({ name, fault }) => `${JSON.stringify(name)} (${fault})`);
  const part = `${list.join(', ')}${failures > told.length ? ', …' : ''}`;
  throw new SherinError('CUBE_BROKEN', { cubes: failures, total: formatCount(cubes, 'cube'), part });
}
