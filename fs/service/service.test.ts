import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { places } from '../../common/environment.js';
import { makeLogger } from '../../common/log.js';
import { openLocked } from '../vault/open.js';
import { createWhole } from './create.js';
import { VaultService } from './service.js';

it('lock wipes the keys and closes the manifest even where the reader can not be stopped', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sherin-service-'));
  const where = places(
    {},
    {
      SHERIN_VAULT: join(home, 'vault'),
      SHERIN_MOUNT: join(home, 'mnt'),
      SHERIN_RUNTIME_DIR: join(home, 'run'),
      SHERIN_TPM_STATE: join(home, 'tpm'),
      SHERIN_KNOWN_VAULTS: join(home, 'known/known_vaults'),
    },
  );
  const { recovery } = await createWhole(where, { pin: null, pcrs: [7], pad: '4k', owned: false });
  recovery.wipe();
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  const service = new VaultService(await openLocked(where.vault, where), log, { wholeCube: false });
  try {
    const session = await service.unlocked();
    // As when no thread can be made to wait for reads under way.
    const stop = async (): Promise<void> => {
      throw new Error('EAGAIN');
    };
    Object.defineProperty(session.reader, 'stop', { value: stop, configurable: true });
    await service.lock(null);
    Reflect.deleteProperty(session.reader, 'stop');
    expect(() => session.keyring.counterAuth()).toThrow(expect.objectContaining({ code: 'EWIPED' }));
    expect(() => session.manifest.record(0)).toThrow();
    await expect(session.commit([], [], [])).rejects.toMatchObject({ code: 'LOCKED' });
  } finally {
    await service.stop(null);
    rmSync(home, { recursive: true, force: true });
  }
});
