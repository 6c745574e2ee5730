import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { program } from '../../event-log/program.fixture.js';
import { Machine } from './machine.js';

const home = mkdtempSync(join(tmpdir(), 'sherin-machine-'));
const [efivars, esp] = [join(home, 'efivars'), join(home, 'esp')];
mkdirSync(efivars);
mkdirSync(join(esp, 'EFI/debian'), { recursive: true });
const machine = new Machine({ efivars, mountOf: async (partition) => (partition === 'esp' ? esp : null) });
const guid = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const shimGuid = '605dab50-e046-4300-abb6-3dd810dd8b23';
afterAll(() => rmSync(home, { recursive: true }));

test('a boot program is hashed as it is measured, wherever its signature says otherwise', async () => {
  const file = program([[512, 512]], 1324, 300);
  writeFileSync(join(esp, 'EFI/debian/shimx64.efi'), file);
  const hashed = Buffer.concat([file.subarray(0, 152), file.subarray(156, 232), file.subarray(240, 1024)]);
  const wanted = createHash('sha256').update(hashed).digest();
  const hash = () => machine.program('esp', '\\EFI\\debian\\shimx64.efi', 'sha256');
  expect(await hash()).toEqual(wanted);
  file.fill(1, 1024);
  writeFileSync(join(esp, 'EFI/debian/shimx64.efi'), file);
  expect(await hash()).toEqual(wanted);
});

test('what is no program of that partition is told apart from what is gone', async () => {
  writeFileSync(join(esp, 'text.efi'), 'no program');
  symlinkSync('EFI/debian/shimx64.efi', join(esp, 'link.efi'));
  expect(await machine.program('esp', '\\gone.efi', 'sha256')).toBeNull();
  for (const file of ['\\text.efi', '\\link.efi', '\\EFI', '\\EFI\\..\\text.efi', '\\EFI/debian', ''])
    expect(await machine.program('esp', file, 'sha256')).toBeUndefined();
  expect(await machine.program('another', '\\text.efi', 'sha256')).toBeUndefined();
});

test('a variable is its value behind the attributes, and requests for the next start are told', async () => {
  expect(await machine.variable(guid, 'SecureBoot')).toBeUndefined();
  writeFileSync(join(efivars, `SecureBoot-${guid}`), Buffer.from('0600000001', 'hex'));
  expect(await machine.variable(guid, 'SecureBoot')).toEqual(Buffer.from([1]));
  expect(await machine.variable(guid, 'dbx')).toBeNull();
  expect(await machine.variable(guid, '../esp/text.efi')).toBeUndefined();
  expect(await machine.requests()).toEqual([]);
  writeFileSync(join(efivars, `OsIndications-${guid}`), Buffer.from('070000000500000000000000', 'hex'));
  writeFileSync(join(efivars, `MokNew-${shimGuid}`), Buffer.alloc(8));
  expect(await machine.requests()).toEqual([
    'the next start goes into the setup of the firmware',
    'a firmware update waits for the next start',
    'a request to the MOK manager waits for the next start',
  ]);
  rmSync(join(efivars, `OsIndications-${guid}`));
  rmSync(join(efivars, `MokNew-${shimGuid}`));
  writeFileSync(join(efivars, `MokListTrustedNew-${shimGuid}`), Buffer.alloc(5));
  expect(await machine.requests()).toEqual(['a request to the MOK manager waits for the next start']);
  rmSync(join(efivars, `MokListTrustedNew-${shimGuid}`));
  writeFileSync(join(efivars, `SbatPolicy-${shimGuid}`), Buffer.alloc(5));
  expect(await machine.requests()).toEqual([
    'shim is asked for another list of revocations with the next start (SbatPolicy)',
  ]);
});
