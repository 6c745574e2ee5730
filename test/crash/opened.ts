/** An open vault of the crash tests in this process. Its key is the recovery key, and it has no rollback counter: no TPM is waited for. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Places, places } from '../../common/environment.js';
import { makeLogger } from '../../common/log.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { createWhole } from '../../fs/service/create.js';
import { VaultService } from '../../fs/service/service.js';
import type { Session } from '../../fs/service/session/session.js';
import { openLocked } from '../../fs/vault/open.js';
import { Secret } from '../../native/index.js';

/** A vault's places, all below one directory. */
export function placesIn(home: string): Places {
  return places(
    {},
    {
      SHERIN_VAULT: join(home, 'vault'),
      SHERIN_MOUNT: join(home, 'mnt'),
      SHERIN_RUNTIME_DIR: join(home, 'run'),
      SHERIN_TPM_STATE: join(home, 'tpm'),
      SHERIN_DAEMON_STATE: join(home, 'daemon'),
      SHERIN_KNOWN_VAULTS: join(home, 'known/known_vaults'),
    },
  );
}

export interface Opened {
  readonly service: VaultService;
  readonly session: Session;
}

/** The service of a vault that is still locked. */
export async function serve(home: string): Promise<VaultService> {
  const where = placesIn(home);
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  return new VaultService(await openLocked(where.vault, where), log, { wholeCube: false });
}

export async function unlock(service: VaultService, home: string, acceptRollback = false): Promise<Opened> {
  const text = Secret.take(Buffer.from(readFileSync(join(home, 'recovery'), 'latin1').trim()));
  await service.unlock({ slot: 'recovery', text, acceptRollback }, peer);
  return { service, session: await service.unlocked() };
}

export async function openVault(home: string, acceptRollback = false): Promise<Opened> {
  const service = await serve(home);
  try {
    return await unlock(service, home, acceptRollback);
  } catch (error) {
    await service.stop(null);
    throw error;
  }
}

/** A new vault; its TPM is lost at once, as far as it is concerned. */
export async function createVault(home: string): Promise<void> {
  mkdirSync(home, { recursive: true });
  const pin = Secret.take(Buffer.from('a PIN that nobody needs'));
  const { recovery } = await createWhole(placesIn(home), { pin, pcrs: [7], pad: '4k', owned: false });
  const fd = openSync(join(home, 'recovery'), 'wx', 0o600);
  Secret.writeRecoveryKey(recovery, fd);
  closeSync(fd);
  recovery.wipe();
  rmSync(join(home, 'tpm'), { recursive: true });
  // A vault whose TPM had a PIN goes on without a counter.
  const { service } = await openVault(home, true);
  await service.stop(null);
}
