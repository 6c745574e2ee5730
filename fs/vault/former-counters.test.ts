/** Counters of slots that held an earlier master key, where no TPM is left to ask. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { VaultDirectory } from './directory.js';
import { retireFormer } from './former-counters.js';
import type { Header } from './header.js';
import type { KeyWork } from './key-work.js';
import { LockedVault } from './open.js';

it('do not keep a rekey from its end once the last slot of a TPM was removed', async () => {
  const home = mkdtempSync(join(tmpdir(), 'sherin-counters-'));
  chmodSync(home, 0o700);
  const directory = await VaultDirectory.open(home);
  try {
    const counter = { handle: 0x01800001, name: '00', primaryName: '11' };
    const header = {
      uuid: '00000000-0000-4000-8000-000000000000',
      slots: [{ id: 1, type: 'recovery' }],
      keys: { former: [{ epoch: 0, counters: [counter] }] },
    } as unknown as Header;
    const places = { knownVaults: join(home, 'known'), tcti: null, tpmState: home, runtime: home };
    const vault = new LockedVault(directory, header, places, null);
    const work: Pick<KeyWork, 'vault'> = { vault };
    expect(await retireFormer(work as KeyWork)).toBe(1);
  } finally {
    directory.close();
    rmSync(home, { recursive: true });
  }
});
