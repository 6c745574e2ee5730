/** What a change of key slots leaves behind where it fails, and what it never takes for done. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Keyring, Secret } from '../../native/index.js';
import type { RollbackCounter } from './counter.js';
import { addTpm, removeSlot, resealSlot } from './key-slots.js';
import type { KeyWork } from './key-work.js';
import type { LockedVault } from './locked-vault.js';
import { moveTpm } from './move-tpm.js';
import { openLocked } from './open.js';
import { SoftwareTpm } from './software-tpm.js';
import { tpmSlotOf } from './tpm-slots.js';
import { type VaultFixture, vaultFixture } from './vault.fixture.js';

const wish = { pin: null, pcrs: [7], bank: 'sha256' } as const;
let fixture: VaultFixture;
let vault: LockedVault;
let keyring: Keyring;
let recovery: Secret;
/** What heads follow. */
let followed: RollbackCounter | null = null;

beforeAll(async () => {
  fixture = await vaultFixture();
  ({ vault, keyring, recovery } = await fixture.create());
});
afterAll(async () => {
  await vault.close();
  keyring.wipe();
  recovery.wipe();
  await fixture.remove();
});

function work(reached?: KeyWork['reached']): KeyWork {
  let named = vault.header.generation;
  followed = vault.counter(keyring);
  return {
    vault,
    keyring,
    perOpen: [],
    namedGeneration: () => named,
    renewHead: async () => {
      named = vault.header.generation;
    },
    follow: (counter) => {
      followed = counter as RollbackCounter | null;
    },
    ...(reached === undefined ? {} : { reached }),
  };
}

const place = () => ({
  stateDir: join(fixture.places.tpmState, vault.header.uuid),
  runtimeDir: fixture.places.runtime,
});

/** NV indices of the vault's TPM. */
async function indices(): Promise<string[]> {
  const slot = tpmSlotOf(vault.header);
  if (slot !== null) await vault.tpm.adopt(vault.tpm.sessionOf(slot));
  const tpm = await SoftwareTpm.start(place());
  try {
    const out = execFileSync('tpm2_getcap', ['-T', tpm.tcti, 'handles-nv-index'], { encoding: 'utf8' });
    return out.split('\n').filter((line) => line.includes('0x'));
  } finally {
    await tpm.stop();
  }
}

/** Runs a step while the disk takes no header. */
async function withoutHeaders(step: () => Promise<unknown>): Promise<void> {
  const copy = join(fixture.path, 'vault.json.bak');
  renameSync(copy, join(fixture.base, 'kept'));
  mkdirSync(copy);
  writeFileSync(join(copy, 'in the way'), '');
  try {
    await expect(step()).rejects.toMatchObject({ code: expect.stringMatching(/^E(ISDIR|EXIST|NOTEMPTY)$/) });
  } finally {
    rmSync(copy, { recursive: true });
    renameSync(join(fixture.base, 'kept'), copy);
  }
}

test('a slot that no header could take leaves nothing in the TPM', async () => {
  const before = await indices();
  const generation = vault.header.generation;
  await withoutHeaders(() => addTpm(work(), wish));
  await withoutHeaders(() => resealSlot(work(), 0, null));
  await withoutHeaders(() => moveTpm(work(), wish));
  expect(await indices()).toEqual(before);
  expect(vault.header.generation).toBe(generation);
  expect(followed).not.toBeNull();
});

test('heads follow the rollback counter on, where the last TPM slot could not be removed', async () => {
  await withoutHeaders(() => removeSlot(work(), 0, false));
  expect(vault.header.counter).not.toBeNull();
  expect(followed).not.toBeNull();
  // Retired it is.
  await expect(vault.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_POLICY' });
  await removeSlot(work(), 0, false);
});

test('a counter that no header could take leaves nothing in the TPM', async () => {
  let headers = 0;
  const stop = (step: string): void => {
    if (step === 'count') throw new Error('no more');
    if (step === 'header') headers += 1;
  };
  await expect(addTpm(work(stop), wish)).rejects.toThrow('no more');
  expect(headers).toBe(1);
  const counters = await indices();
  // That of the slot.
  expect(counters).toHaveLength(1);
  expect(vault.header.counter).toBeNull();
});

test('a slot of another TPM is not taken for removed', async () => {
  const old = tpmSlotOf(vault.header);
  if (old === null) throw new Error('no slot');
  await vault.close();
  renameSync(place().stateDir, join(fixture.base, 'other'));
  vault = await openLocked(fixture.path, fixture.places);
  keyring.wipe();
  keyring = await vault.unlockRecovery(recovery);
  // It dies on the way to the TPM that is here now.
  const stop = (step: string): void => {
    if (step === 'head') throw new Error('dead');
  };
  await expect(moveTpm(work(stop), wish)).rejects.toThrow('dead');
  expect(vault.header.slots.filter(({ type }) => type === 'tpm2')).toHaveLength(2);
  const other = { code: 'TPM_PRIMARY_CHANGED' };
  await expect(removeSlot(work(), old.id, false)).rejects.toMatchObject(other);
  await expect(resealSlot(work(), old.id, null)).rejects.toMatchObject(other);
  expect(vault.header.slots.filter(({ type }) => type === 'tpm2')).toHaveLength(2);
  await removeSlot(work(), old.id, true);
  expect(tpmSlotOf(vault.header)?.primaryName).not.toBe(old.primaryName);
});
