import { expect, test } from 'vitest';
import { choiceDoubt } from './boot-entry.js';
import { eventsOf } from './compare.js';
import { imagePath } from './device-path.js';
import { type EfiVariable, parseVariable, variableData } from './efi-variable.js';
import type { BootEvent } from './event-log.js';
import { type BootName, bootEvents, bootPcrs, fixture } from './fixtures.fixture.js';
import { forecast, type MachineFacts } from './forecast.js';

/** The machine as it was measured, with other values of some variables and other hashes of some programs. */
function machine(
  name: BootName,
  variables: Readonly<Record<string, Buffer | null | undefined>> = {},
  programs: Readonly<Record<string, Buffer | null | undefined>> = {},
): MachineFacts {
  const events = bootEvents(name);
  const measured = events.flatMap(({ data }) => parseVariable(data) ?? []);
  // Each of them was started by the first entry.
  const BootCurrent = measured.find(isOrder)?.value.subarray(0, 2);
  const program = (file: string): BootEvent | undefined =>
    events.find(({ pcr, data }) => pcr === 4 && imagePath(data)?.file === file);
  return {
    variable: async (_, wanted) => {
      const now: typeof variables = { BootCurrent, ...variables };
      return wanted in now ? now[wanted] : measured.find((each) => each.name === wanted)?.value;
    },
    program: async (_, file, bank) => (file in programs ? programs[file] : program(file)?.digests.get(bank)),
  };
}

const isOrder = (variable: EfiVariable | null): boolean => variable?.name === 'BootOrder';
/** That entry, and Boot0001 behind it. */
const orderOf = (first: string): Buffer => Buffer.from([Number(first.slice(4)), 0, 1, 0]);
const dbx = fixture('own-keys-dbx.variable').subarray(4);

test('a machine that did not change measures the same', async () => {
  for (const name of ['own-keys', 'systemd-boot', 'secure-boot'] as const) {
    const pcrs = await forecast(bootEvents(name), 'sha256', [0, 1, 2, 4, 7], machine(name));
    for (const [pcr, { value, changes }] of pcrs) {
      expect(value?.toString('hex')).toBe(bootPcrs(name).sha256?.[pcr]);
      expect(changes).toEqual([]);
    }
  }
  const own = await forecast(bootEvents('own-keys'), 'sha256', [4, 5, 7], machine('own-keys'));
  expect([...own.values()].flatMap(({ doubts }) => doubts)).toEqual([]);
});

test('after dbx was changed, PCR 7 is foretold to the bit', async () => {
  const pcrs = await forecast(bootEvents('own-keys'), 'sha256', [7], machine('own-keys', { dbx }));
  expect(pcrs.get(7)).toEqual({
    value: Buffer.from(bootPcrs('own-keys-dbx').sha256?.[7] ?? '', 'hex'),
    changes: ['the Secure Boot variable dbx changed (event 8): one entry added, 2 in all'],
    settled: ['the Secure Boot variable dbx changed (event 8): one entry added, 2 in all'],
    doubts: [],
  });
});

test('after another GRUB was installed, PCR 4 is foretold but for what GRUB hands over, and PCR 7 is in doubt', async () => {
  const file = '\\EFI\\BOOT\\grubx64.efi';
  const other = eventsOf(bootEvents('secure-boot-grub'), 4).find(
    ({ data }) => imagePath(data)?.file === file,
  );
  const changed = machine('secure-boot', {}, { [file]: other?.digests.get('sha256') });
  const pcrs = await forecast(bootEvents('secure-boot'), 'sha256', [4, 7, 8], changed);
  expect(pcrs.get(4)?.value?.toString('hex')).toBe(bootPcrs('secure-boot-grub').sha256?.[4]);
  expect(pcrs.get(4)?.changes).toEqual([`the boot program ${file} changed (event 30)`]);
  expect(pcrs.get(4)?.doubts).toEqual([
    `the boot program ${file} is what a boot loader finds then`,
    'the boot program that a boot loader handed over can not be looked at',
  ]);
  expect(pcrs.get(7)?.doubts).toEqual(['another boot program may be trusted by another key']);
  expect(pcrs.get(8)?.doubts).toContain('the kernel command line is what a boot program finds then');
});

test('what can not be looked at is a doubt', async () => {
  const file = '\\EFI\\BOOT\\BOOTX64.EFI';
  const blind = machine('own-keys', { dbx: undefined, BootOrder: undefined }, { [file]: null });
  const pcrs = await forecast(bootEvents('own-keys'), 'sha256', [1, 4, 7], blind);
  expect(pcrs.get(7)?.doubts).toEqual([
    'the Secure Boot variable dbx can not be read',
    'another boot entry may be started',
    'another boot program may be trusted by another key',
  ]);
  expect(pcrs.get(1)?.doubts).toEqual(['the order of boot entries (BootOrder) can not be read']);
  expect(pcrs.get(4)?.doubts).toEqual([
    'another boot entry may be started',
    `the boot program ${file} is not there any more`,
  ]);
  const notMounted = machine('own-keys', {}, { [file]: undefined });
  const unseen = await forecast(bootEvents('own-keys'), 'sha256', [4, 7], notMounted);
  expect(unseen.get(4)?.doubts).toEqual([`the boot program ${file} can not be looked at`]);
  expect(unseen.get(7)?.doubts).toEqual(['another boot program may be trusted by another key']);
});

test('what a boot loader starts is a doubt, and so is the key that it is trusted by', async () => {
  const systemdBoot = await forecast(bootEvents('systemd-boot'), 'sha256', [4, 7], machine('systemd-boot'));
  expect(systemdBoot.get(4)?.doubts).toEqual(['the boot program \\vmlinuz is what a boot loader finds then']);
  // without Secure Boot nothing is trusted by a key
  expect(systemdBoot.get(7)?.doubts).toEqual([]);
  const shim = await forecast(bootEvents('secure-boot'), 'sha256', [7], machine('secure-boot', { dbx }));
  expect(shim.get(7)?.doubts).toEqual(['another boot program may be trusted by another key']);
  // what is measured before any program is changed whatever they are
  expect(shim.get(7)?.settled).toEqual(shim.get(7)?.changes);
  expect(shim.get(7)?.settled[0]).toMatch(/^the Secure Boot variable dbx changed/);
});

test('what the start of another boot entry may change is in doubt', async () => {
  for (const name of ['own-keys', 'systemd-boot', 'secure-boot'] as const) {
    const events = bootEvents(name);
    const order = events.flatMap(({ data }) => parseVariable(data) ?? []).find(isOrder)?.value;
    const first = `Boot${order?.readUInt16LE(0).toString(16).padStart(4, '0')}`;
    const cases: Readonly<Record<string, Buffer | null | undefined>>[] = [
      ...[undefined, null, Buffer.from([9, 0, ...(order ?? [])])].map((BootOrder) => ({ BootOrder })),
      ...[undefined, null, Buffer.from('another')].map((entry) => ({ [first]: entry })),
    ];
    for (const variables of cases) {
      const pcrs = await forecast(events, 'sha256', [4, 5, 7], machine(name, variables));
      for (const [, { doubts, settled }] of pcrs) {
        expect(doubts).toContain('another boot entry may be started');
        expect(settled).toEqual([]);
      }
    }
    const silent = events.filter(({ data }) => !isOrder(parseVariable(data)));
    for (const [, { doubts }] of await forecast(silent, 'sha256', [4, 5, 7], machine(name)))
      expect(doubts).toContain('the order of boot entries was not measured in this boot');
  }
});

test('a boot by another entry than the first one is in doubt: BootNext holds for one start alone', async () => {
  for (const name of ['own-keys', 'systemd-boot', 'secure-boot'] as const) {
    const [was, unread] = [
      'this boot was started by another boot entry than the first one in order, as by BootNext or by hand',
      'which boot entry has started this boot can not be read (BootCurrent)',
    ];
    const cases = [
      [Buffer.from([9, 0]), was],
      [Buffer.from([0, 0]), was],
      [Buffer.alloc(0), unread],
      [null, unread],
      [undefined, unread],
    ] as const;
    for (const [BootCurrent, doubt] of cases) {
      const pcrs = await forecast(bootEvents(name), 'sha256', [1, 4, 5, 7], machine(name, { BootCurrent }));
      for (const pcr of [4, 5, 7]) expect(pcrs.get(pcr)?.doubts).toContain(doubt);
      expect(pcrs.get(1)?.doubts).toEqual([]);
    }
  }
});

test('an entry that firmware passes over is not the first one', async () => {
  // UiApp, which is no way to boot; and an entry that is not active.
  const passed = [
    (entry: Buffer) => entry,
    (entry: Buffer) => Buffer.concat([Buffer.from('00000000', 'hex'), entry.subarray(4)]),
  ] as const;
  const [order, uiApp] = ['BootOrder', 'Boot0000'];
  for (const [at, changed] of passed.entries()) {
    const first = at === 0 ? uiApp : 'Boot0002';
    const events = bootEvents('own-keys').map((event): BootEvent => {
      const variable = parseVariable(event.data);
      if (variable?.name === order)
        return { ...event, data: variableData(event.data, variable, orderOf(first)) };
      return variable?.name === first
        ? { ...event, data: variableData(event.data, variable, changed(variable.value)) }
        : event;
    });
    expect(await choiceDoubt(events, async () => Buffer.from([1, 0]))).toBeUndefined();
    expect(await choiceDoubt(events, async () => Buffer.from([0, 0]))).toMatch('another boot entry');
  }
});

test('another order of boot entries changes PCR 1', async () => {
  const BootOrder = Buffer.from('000001000200', 'hex');
  const pcrs = await forecast(bootEvents('own-keys'), 'sha256', [1], machine('own-keys', { BootOrder }));
  expect(pcrs.get(1)?.changes).toEqual([
    'the order of boot entries (BootOrder) changed (event 10): it was 0001, 0000, 0002, is 0000, 0001, 0002',
  ]);
  expect(pcrs.get(1)?.value?.toString('hex')).not.toBe(bootPcrs('own-keys').sha256?.[1]);
});
