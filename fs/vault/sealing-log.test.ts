import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBootLog } from './boot-log.js';
import { enrollTpm } from './enroll.js';
import { tpmSlotOf } from './tpm-slots.js';
import { type VaultFixture, vaultFixture } from './vault.fixture.js';

let fixture: VaultFixture;
beforeAll(async () => {
  fixture = await vaultFixture();
});
afterAll(() => fixture.remove());

test('init keeps the event log of the boot, and a new TPM slot after a move or restore takes its place', async () => {
  const eventLog = join(fixture.base, 'log');
  const log = Buffer.from('what was measured');
  writeFileSync(eventLog, log);
  const { vault, keyring, recovery } = await fixture.create({ places: { ...fixture.places, eventLog } });
  recovery.wipe();
  try {
    const kept = () => readdirSync(join(fixture.path, 'event-logs'));
    const slot = tpmSlotOf(vault.header);
    expect(kept()).toEqual([String(slot?.id)]);
    expect(slot && (await vault.sealingLog(slot))).toEqual({ state: 'signed', bytes: log });
    await enrollTpm(vault, keyring, { pin: null, pcrs: [4], bank: 'sha256' });
    const next = tpmSlotOf(vault.header);
    expect(next?.id).not.toBe(slot?.id);
    expect(kept()).toEqual([String(next?.id)]);
    expect(next && (await vault.sealingLog(next))).toEqual({ state: 'signed', bytes: log });
    // of another slot, and of the same one sealed to something else
    expect(slot && (await vault.sealingLog(slot))).toEqual({ state: 'missing' });
    expect(next && (await vault.sealingLog({ ...next, pcrDigest: 'ab'.repeat(32) }))).toEqual({
      state: 'forged',
    });
  } finally {
    keyring.wipe();
    await vault.close();
  }
});

test('a software TPM has no log of a boot, and a device the one of its number', async () => {
  expect(await readBootLog({ kind: 'software', device: 'swtpm' })).toEqual({ state: 'software' });
  expect(await readBootLog({ kind: 'device', device: 'device:/dev/tpmrm9' })).toEqual({
    state: 'missing',
    path: '/sys/kernel/security/tpm9/binary_bios_measurements',
  });
});
