/** A slot that does not open when it is tried is in no header, and leaves nothing in the TPM. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollTpm } from '../../fs/vault/enroll.js';
import * as slots from '../../fs/vault/key-slots.js';
import type { KeyWork } from '../../fs/vault/key-work.js';
import type { LockedVault } from '../../fs/vault/locked-vault.js';
import { moveTpm } from '../../fs/vault/move-tpm.js';
import { openLocked } from '../../fs/vault/open.js';
import { type VaultFixture, vaultFixture } from '../../fs/vault/vault.fixture.js';
import { type Keyring, Secret } from '../../native/index.js';
import { Swtpm } from '../../native/tpm/swtpm.fixture.js';
import { commandCode, TpmGate } from './tpm-gate.js';

const unseal = 0x15e;
const wish = { pin: null, pcrs: [7], bank: 'sha256' } as const;
let swtpm: Swtpm;
let gate: TpmGate;
let fixture: VaultFixture;

beforeAll(async () => {
  swtpm = await Swtpm.start();
  gate = await TpmGate.before(swtpm);
  const plain = await vaultFixture();
  fixture = { ...plain, places: { ...plain.places, tcti: gate.tcti } };
});
afterAll(async () => {
  await fixture.remove();
  gate.close();
  await swtpm.remove();
});

/** The TPM fails once the sealed secret alone has come back: the slot that it is for is not whole by then. */
function failAtTheTrial(): () => number {
  let unseals = 0;
  return gate.refuse((command) => {
    if (commandCode(command) === unseal) unseals += 1;
    return commandCode(command) === unseal && unseals > 1;
  });
}

/** NV indices. The gate lives in this process: who waits for the TPM to be free must not hold it up. */
async function indices(): Promise<string> {
  return (await promisify(execFile)('tpm2_getcap', ['-T', swtpm.tcti, 'handles-nv-index'])).stdout;
}

const create = () => fixture.create({ places: fixture.places });
const header = () => readFileSync(join(fixture.path, 'vault.json'), 'utf8');

it('a new vault is not made where the TPM fails at the trial', async () => {
  const refused = failAtTheTrial();
  await expect(create()).rejects.toMatchObject({ code: 'TPM_FAILED' });
  expect(refused()).toBe(1);
  gate.heal();
  expect(existsSync(fixture.path)).toBe(false);
  expect(await indices()).toBe('');
});

describe('in a vault that is there', () => {
  let vault: LockedVault;
  let keyring: Keyring;
  let recovery: Secret;
  /** Of the next master key, which the header does not have. */
  let next: Keyring;
  let before: { header: string; indices: string };

  beforeAll(async () => {
    ({ vault, keyring, recovery } = await create());
    next = keyring.successor();
    await vault.close();
    before = { header: header(), indices: await indices() };
  });
  afterAll(() => {
    for (const secret of [keyring, next, recovery]) secret.wipe();
  });

  function work(keys: Keyring): KeyWork {
    return {
      ...{ vault, keyring: keys, perOpen: [] },
      namedGeneration: () => vault.header.generation,
      renewHead: async () => undefined,
      follow: () => undefined,
    };
  }

  const tpmSlots = {
    'a TPM slot that is added': (keys: Keyring) => slots.addTpm(work(keys), wish),
    'one that is resealed': (keys: Keyring) => slots.resealSlot(work(keys), 0, null),
    'one that is moved': (keys: Keyring) => moveTpm(work(keys), wish),
    'one that is enrolled': (keys: Keyring) => enrollTpm(vault, keys, wish),
  };
  const words = () => Secret.take(Buffer.from('correct horse battery'));
  const allSlots = {
    ...tpmSlots,
    'a recovery slot': (keys: Keyring) => slots.addRecovery(work(keys), Secret.random(32)),
    'a passphrase slot': (keys: Keyring) => slots.addPassphrase(work(keys), words()),
  };

  async function expectRefused(adding: (keys: Keyring) => Promise<unknown>, keys: Keyring, error: object) {
    vault = await openLocked(fixture.path, fixture.places);
    await expect(adding(keys)).rejects.toMatchObject(error);
    gate.heal();
    await vault.close();
    expect({ header: header(), indices: await indices() }).toEqual(before);
  }

  it.each(Object.entries(tpmSlots))(
    '%s while the TPM fails changes neither header nor TPM',
    async (_, adding) => {
      const refused = failAtTheTrial();
      await expectRefused(adding, keyring, { code: 'TPM_FAILED' });
      expect(refused()).toBe(1);
    },
  );

  it.each(Object.entries(allSlots))(
    '%s for another key than that of the header changes neither header nor TPM',
    async (_, adding) => {
      await expectRefused(adding, next, {
        code: 'SLOT_REFUSED',
        message: expect.stringContaining('it does not open the vault'),
      });
    },
  );

  it('all slots open as before', async () => {
    vault = await openLocked(fixture.path, fixture.places);
    for (const opened of [await vault.unlockTpm(null), await vault.unlockRecovery(recovery)]) {
      expect(opened.publicKey().equals(keyring.publicKey())).toBe(true);
      opened.wipe();
    }
    await vault.close();
  });
});
