import type { Places } from '../../common/environment.js';
import { vaultKeyText } from '../../common/vault-key.js';
import { knownKey } from '../vault/known-key.js';
import { telling } from './told.js';

/** Tells what others check the vault's signatures with, as this machine remembers it. */
export function publicKey(where: Places): Promise<void> {
  return telling(where.vault, async () => ({ line: vaultKeyText(await knownKey(where)) }));
}
