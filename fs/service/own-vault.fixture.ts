/** A vault of its own, locked, with a software TPM of its own, behind a service. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { places } from '../../common/environment.js';
import { makeLogger } from '../../common/log.js';
import { openLocked } from '../vault/open.js';
import { createWhole } from './create.js';
import { VaultService } from './service.js';

export interface OwnVault {
  /** Directory of all that belongs to it, which whoever made it removes. */
  readonly home: string;
  readonly where: ReturnType<typeof places>;
  readonly service: VaultService;
}

/** @param env other settings, such as another TPM */
export async function ownVault(env: NodeJS.ProcessEnv = {}): Promise<OwnVault> {
  const home = mkdtempSync(join(tmpdir(), 'sherin-service-'));
  const where = places(
    {},
    {
      SHERIN_VAULT: join(home, 'vault'),
      SHERIN_MOUNT: join(home, 'mnt'),
      SHERIN_RUNTIME_DIR: join(home, 'run'),
      SHERIN_TPM_STATE: join(home, 'tpm'),
      SHERIN_DAEMON_STATE: join(home, 'daemon'),
      SHERIN_KNOWN_VAULTS: join(home, 'known/known_vaults'),
      ...env,
    },
  );
  const { recovery } = await createWhole(where, { pin: null, pcrs: [7], pad: '4k', owned: false });
  recovery.wipe();
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  const service = new VaultService(await openLocked(where.vault, where), log, { wholeCube: false });
  return { home, where, service };
}
