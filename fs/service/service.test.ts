import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ownVault } from './own-vault.fixture.js';

it('lock wipes the keys and closes the manifest even where the reader can not be stopped', async () => {
  const { home, service } = await ownVault();
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
    await expect(session.commit(() => [])).rejects.toMatchObject({ code: 'LOCKED' });
  } finally {
    await service.stop(null);
    rmSync(home, { recursive: true, force: true });
  }
});
