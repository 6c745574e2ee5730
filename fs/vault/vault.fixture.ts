/** Vaults on a real software TPM, in throw-away directories. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../native/index.js';
import { type CreatedVault, type CreateOptions, createVault } from './create.js';
import type { VaultPlaces } from './locked-vault.js';

export interface VaultFixture {
  readonly base: string;
  readonly path: string;
  readonly places: VaultPlaces;
  create(change?: Partial<CreateOptions>): Promise<CreatedVault>;
  remove(): Promise<void>;
}

export async function vaultFixture(): Promise<VaultFixture> {
  const base = await mkdtemp(join(tmpdir(), 'sherin-vault-'));
  const path = join(base, 'vault');
  const places = {
    tcti: null,
    tpmState: join(base, 'tpm'),
    runtime: join(base, 'run'),
    knownVaults: join(base, 'known', 'known_vaults'),
  };
  return {
    base,
    path,
    places,
    create: (change = {}) =>
      createVault({ path, places, pin: null, pcrs: [7], bank: 'sha256', pad: '4k', owned: false, ...change }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

export function pin(text: string): Secret {
  return Secret.take(Buffer.from(text, 'utf8'));
}
