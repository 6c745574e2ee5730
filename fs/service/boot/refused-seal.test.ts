import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../../event-log/fixtures.fixture.js';
import { peer } from '../service.fixture.js';

import { MeasuredVault } from './measured-vault.fixture.js';
import { nextBoot } from './next-boot.js';
import { RecordedMachine } from './recorded-machine.fixture.js';

let vault: MeasuredVault;
let folder: string;
const reseal = 'if the change is yours, seal to it once the vault is open: sherinctl key reseal 0';
const counted = 'the TPM counts 0 of 3 wrong attempts; attempts left: 3';
let slot = 0;
const global = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const image = 'd719b2cb-3d3a-4596-a3bc-dad00e67656f';
const dbx = fixture('own-keys-dbx.variable').subarray(4);
const dbxChanged = (now: string): string =>
  `PCR 7: the Secure Boot variable dbx changed (event 8): one entry added, ${now}`;

beforeAll(async () => {
  vault = await MeasuredVault.create();
  folder = join(vault.vault, 'event-logs');
});
afterAll(() => vault.remove());

test('a slot that was sealed without an event log says so, and how to get one', async () => {
  await vault.boot('own-keys');
  expect(existsSync(folder)).toBe(false);
  expect(await vault.reasons()).toEqual([
    expect.stringMatching(
      /^PCR 7: no event log was kept when slot 0 was sealed: sherinctl key reseal 0 keeps one/,
    ),
    reseal,
    counted,
  ]);
});

test('sealing keeps the event log of the boot beside the header, and the slot it replaces loses its own', async () => {
  await vault.recover();
  const first = await vault.reseal();
  expect(readdirSync(folder)).toEqual([String(first)]);
  slot = await vault.reseal();
  expect(slot).not.toBe(first);
  expect(readdirSync(folder)).toEqual([String(slot)]);
  const file = join(folder, String(slot));
  expect(readFileSync(file).subarray(64).equals(fixture('own-keys.log'))).toBe(true);
  expect([statSync(folder).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  // the TPM begins anew, and the same is measured
  await vault.boot('own-keys');
  expect(await vault.reasons()).toEqual([]);
});

test('after a change of dbx the event behind the PCR is named', async () => {
  await vault.boot('own-keys-dbx');
  expect(await vault.reasons()).toEqual([
    'PCR 7: the Secure Boot variable dbx changed (event 8): one entry added, 2 in all',
    reseal.replace('0', String(slot)),
    counted,
  ]);
});

test('many differences are told as the first ones and a number', async () => {
  await vault.boot('own-keys-off');
  const [first, ...others] = await vault.reasons();
  expect(first).toBe('PCR 7: the Secure Boot variable SecureBoot changed (event 4): it was on, is off');
  expect(others[3]).toBe('PCR 7: 2 more events differ');
});

test('a log that does not lead to the PCR explains nothing', async () => {
  await vault.boot('own-keys-dbx');
  writeFileSync(vault.eventLog, fixture('own-keys-off.log'));
  expect((await vault.reasons())[0]).toMatch(/^PCR 7: the event log of this boot does not lead to its value/);
  writeFileSync(vault.eventLog, fixture('own-keys-off.log').subarray(1));
  expect((await vault.reasons())[0]).toMatch(
    /^the event behind it is not known: of the event log of this boot, it is malformed/,
  );
  rmSync(vault.eventLog);
  expect((await vault.reasons())[0]).toMatch(/the kernel shows no event log of this boot/);
  mkdirSync(vault.eventLog);
  expect((await vault.reasons())[0]).toMatch(/can not be read \(EISDIR\)/);
  rmSync(vault.eventLog, { recursive: true });
});

test('what a program extended since the boot is told as that', async () => {
  await vault.boot('own-keys');
  vault.extend(['ab'.repeat(32)]);
  expect((await vault.reasons())[0]).toMatch(
    /^PCR 7: this boot was measured as the one .* a restart undoes it$/,
  );
});

test('a forged log of a slot is left out, and what stands in its place hangs nobody', async () => {
  await vault.boot('own-keys-dbx');
  const file = join(folder, String(slot));
  const good = readFileSync(file);
  const places: readonly (() => void)[] = [
    () =>
      writeFileSync(
        file,
        good.map((byte, at) => (at === 2000 ? byte ^ 1 : byte)),
      ),
    () => writeFileSync(file, good.subarray(0, 64)),
    () => writeFileSync(file, Buffer.concat([good, Buffer.alloc(1024 * 1024)])),
    () => mkdirSync(file),
  ];
  for (const forge of places) {
    rmSync(file, { recursive: true });
    forge();
    expect((await vault.reasons())[0]).toMatch(
      /^PCR 7: the event log kept with slot \d is not what this vault signed/,
    );
  }
  rmSync(file, { recursive: true });
  expect((await vault.reasons())[0]).toMatch(/^PCR 7: no event log was kept when slot/);
  writeFileSync(file, good);
  expect((await vault.reasons())[0]).toMatch(/dbx changed/);
});

test('what the next boot will measure is foretold from EFI variables as they are now', async () => {
  await vault.boot('own-keys');
  const machine = new RecordedMachine(vault.home, 'own-keys');
  const verdict = () => nextBoot(vault.locked, machine);
  expect(await verdict()).toEqual([
    { slot, verdict: 'opens', reasons: ['nothing is seen that changes PCR 7'] },
  ]);
  machine.write('dbx', image, dbx);
  expect(await verdict()).toEqual([{ slot, verdict: 'refused', reasons: [dbxChanged('2 in all')] }]);
  machine.write('BootNext', global, Buffer.from('0300', 'hex'));
  const [asked] = await verdict();
  expect(asked?.verdict).toBe('unknown');
  expect(asked?.reasons[0]).toBe('another boot entry is set for the next start alone (BootNext)');
  machine.remove();
  expect((await verdict())[0]).toMatchObject({
    verdict: 'unknown',
    reasons: expect.arrayContaining(['PCR 7: the Secure Boot variable dbx can not be read']),
  });
  rmSync(vault.eventLog);
  expect((await verdict())[0]?.reasons[0]).toMatch(/^the kernel shows no event log of this boot/);
});

test('where another boot entry comes first nothing is promised', async () => {
  await vault.boot('own-keys');
  const machine = new RecordedMachine(vault.home, 'own-keys');
  machine.write('BootOrder', global, Buffer.from('000001000200', 'hex'));
  expect(await nextBoot(vault.locked, machine)).toEqual([
    { slot, verdict: 'unknown', reasons: ['PCR 7: another boot entry may be started'] },
  ]);
  machine.remove();
});

test('after a boot by BootNext nothing is promised: the next one takes the usual entry', async () => {
  await vault.boot('own-keys');
  const machine = new RecordedMachine(vault.home, 'own-keys');
  machine.write('BootCurrent', global, Buffer.from('0200', 'hex'));
  expect(await nextBoot(vault.locked, machine)).toEqual([
    {
      slot,
      verdict: 'unknown',
      reasons: [
        'PCR 7: this boot was started by another boot entry than the first one in order, as by BootNext or by hand',
      ],
    },
  ]);
  machine.remove();
});

test('where a boot loader starts programs nothing is promised, but a change before them is told as one', async () => {
  await vault.boot('secure-boot');
  await vault.recover();
  slot = await vault.reseal();
  const machine = new RecordedMachine(vault.home, 'secure-boot');
  const verdict = () => nextBoot(vault.locked, machine);
  const doubt = 'PCR 7: another boot program may be trusted by another key';
  expect(await verdict()).toEqual([{ slot, verdict: 'unknown', reasons: [doubt] }]);
  machine.write('dbx', image, dbx);
  expect(await verdict()).toEqual([
    {
      slot,
      verdict: 'refused',
      reasons: [expect.stringMatching(/^PCR 7: the Secure Boot variable dbx changed/)],
    },
  ]);
  machine.remove();
  // of a slot that was sealed to another boot a change tells nothing: it may lead back to that
  await vault.boot('own-keys');
  const other = new RecordedMachine(vault.home, 'own-keys');
  other.write('BootOrder', global, Buffer.from('000001000200', 'hex'));
  other.write('dbx', image, dbx);
  expect((await nextBoot(vault.locked, other))[0]?.verdict).toBe('unknown');
  other.remove();
});

test('a slot that is removed takes its log with it', async () => {
  await vault.boot('own-keys-dbx');
  await vault.recover();
  const { slot: other } = await vault.service.keys.addTpm({ pin: null, pcrs: [7], bank: 'sha256' }, peer);
  expect(readdirSync(folder).sort()).toEqual([slot, other].map(String).sort());
  await vault.service.keys.remove(slot, false, peer);
  expect(readdirSync(folder)).toEqual([String(other)]);
});
