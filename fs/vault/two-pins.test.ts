/** Two TPM slots, each with a PIN of its own: the TPM counts what is wrong. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Keyring, Secret } from '../../native/index.js';
import { addTpm } from './key-slots.js';
import type { LockedVault } from './locked-vault.js';
import { pin, type VaultFixture, vaultFixture } from './vault.fixture.js';

let fixture: VaultFixture;
let vault: LockedVault;
let keyring: Keyring;
let recovery: Secret;
let second: number;

beforeAll(async () => {
  fixture = await vaultFixture();
  ({ vault, keyring, recovery } = await fixture.create({ pin: pin('the first PIN') }));
  const work = {
    ...{ vault, keyring, perOpen: [], namedGeneration: () => vault.header.generation },
    ...{ renewHead: async () => undefined, follow: () => undefined },
  };
  second = await addTpm(work, { pin: pin('the second PIN'), pcrs: [7], bank: 'sha256' });
});
afterAll(async () => {
  await vault.close();
  for (const secret of [keyring, recovery]) secret.wipe();
  await fixture.remove();
});

const counted = async (): Promise<number> =>
  (await vault.tpm.session().use((tpm) => tpm.info())).lockoutCounter;

test('a PIN is tried with one of them, and with another where that is named', async () => {
  (await vault.unlockTpm(pin('the first PIN'))).wipe();
  (await vault.unlockTpm(pin('the second PIN'), second)).wipe();
  const before = await counted();
  await expect(vault.unlockTpm(pin('no PIN of any'))).rejects.toMatchObject({
    code: 'SLOT_REFUSED',
    message: expect.stringMatching(/wrong PIN; .*name it with --slot \(\d+\)/),
  });
  expect(await counted()).toBe(before + 1);
  await expect(vault.unlockTpm(pin('the first PIN'), 200)).rejects.toMatchObject({
    code: 'KEY_SLOT_UNKNOWN',
  });
});
