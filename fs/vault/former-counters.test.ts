/** Counters of slots that held an earlier master key, where no TPM is left to ask, or one soon. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { VaultDirectory } from './directory.js';
import { retireFormer } from './former-counters.js';
import type { Header } from './header.js';
import { removeSlot } from './key-slots.js';
import type { KeyWork } from './key-work.js';
import { LockedVault } from './locked-vault.js';
import { rekey } from './rekey.js';
import { vaultFixture } from './vault.fixture.js';

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

it('are given back before the last slot of their TPM goes, where that had failed', async () => {
  const fixture = await vaultFixture();
  const { vault, keyring, recovery } = await fixture.create();
  try {
    let failing = true;
    const work: KeyWork = {
      ...{ vault, keyring, perOpen: [], namedGeneration: () => vault.header.generation },
      ...{ renewHead: async () => undefined, follow: () => undefined },
      reached: (step) => {
        if (failing && step === 'retired') throw new SherinError('TPM_MISSING', { part: 'cut off' });
      },
    };
    const counters = () => vault.header.keys?.former.flatMap((each) => each.counters);
    const ids = new Map(vault.header.slots.map(({ type, id }) => [type, id]));
    const [tpm = -1, other = -1] = [ids.get('tpm2'), ids.get('recovery')];
    const keep = new Map([
      [tpm, null],
      [other, recovery],
    ]);
    await rekey(work, { keep, drop: new Set(), force: false });
    expect(counters()).toHaveLength(1);
    failing = false;
    await removeSlot(work, tpm, true);
    expect(vault.header.slots.map(({ type }) => type)).toEqual(['recovery']);
    expect(counters()).toEqual([]);
  } finally {
    await vault.close();
    for (const secret of [keyring, recovery]) secret.wipe();
    await fixture.remove();
  }
});
