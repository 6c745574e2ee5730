import { expect, test } from 'vitest';
import { changeWords } from './change-words.js';
import { compareEvents, eventsOf } from './compare.js';
import { type BootName, bootEvents, bootNames } from './fixtures.fixture.js';

/** Every difference of two boots in words, by PCR. */
function changes(before: BootName, after: BootName): string[] {
  const found: string[] = [];
  for (let pcr = 0; pcr < 24; pcr++) {
    const [was, is] = [eventsOf(bootEvents(before), pcr), eventsOf(bootEvents(after), pcr)];
    for (const change of compareEvents(was, is, 'sha256')) found.push(`${pcr}: ${changeWords(change)}`);
  }
  return found;
}

test('a hash more in dbx', () => {
  expect(changes('own-keys', 'own-keys-dbx')).toEqual([
    '7: the Secure Boot variable dbx changed (event 8): one entry added, 2 in all',
  ]);
  expect(changes('own-keys-dbx', 'own-keys')).toEqual([
    '7: the Secure Boot variable dbx changed (event 8): one entry removed, 1 in all',
  ]);
});

test('another kernel command line', () => {
  expect(changes('secure-boot', 'secure-boot-command-line')).toEqual([
    '8: a command of GRUB changed (event 37): it was “linux /vmlinuz console=ttyS0 quiet”, is “linux /vmlinuz console=ttyS0 quiet mitigations=off”',
    '8: the kernel command line changed (event 41): it was “/vmlinuz console=ttyS0 quiet”, is “/vmlinuz console=ttyS0 quiet mitigations=off”',
    '9: the file (hd0,gpt1)/EFI/debian/grub.cfg changed (event 35)',
  ]);
});

test('another boot loader', () => {
  const found = changes('secure-boot', 'secure-boot-grub');
  expect(found[0]).toBe('4: the boot program \\EFI\\BOOT\\grubx64.efi changed (event 30)');
  expect(found.filter((line) => line.startsWith('7:'))).toEqual([]);
});

test('Secure Boot switched off', () => {
  const found = changes('own-keys', 'own-keys-off').filter((line) => line.startsWith('7:'));
  expect(found).toEqual([
    '7: the Secure Boot variable SecureBoot changed (event 4): it was on, is off',
    ...['PK', 'KEK', 'db', 'dbx'].map(
      (name, index) =>
        `7: the Secure Boot variable ${name} changed (event ${5 + index}): one entry removed, 0 in all`,
    ),
    '7: what a boot program was trusted by (db) is not measured any more (it was event 22)',
  ]);
});

test('no boot differs from itself, and what comes and goes is named', () => {
  for (const name of bootNames) expect(changes(name, name)).toEqual([]);
  const events = eventsOf(bootEvents('secure-boot'), 7);
  const without = events.filter((_, index) => index !== 4);
  expect(compareEvents(events, without, 'sha256').map(changeWords)).toEqual([
    'the Secure Boot variable dbx: one entry is not measured any more (it was event 8)',
  ]);
  expect(compareEvents(without, events, 'sha256').map(changeWords)).toEqual([
    'the Secure Boot variable dbx: one entry was not measured before (event 8)',
  ]);
  expect(compareEvents(events, events.slice(0, -1), 'sha256')).toHaveLength(1);
  expect(compareEvents([], events, 'sha256')).toHaveLength(events.length);
});
