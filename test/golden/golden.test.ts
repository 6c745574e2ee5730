/** Vaults of earlier programs open with the recovery key alone on a machine that never saw them, and hold what they held (write.ts). */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestCube } from '../../fs/cube/store.js';
import type { Machine } from '../vault/machine.js';
import { asRecorded, list } from './listing.js';
import { gone, layOut, openWithRecoveryKey, passphrase, recorded, vaultNames } from './vaults.js';

describe.each(vaultNames)('the golden vault "%s"', (name) => {
  let machine: Machine;
  beforeAll(() => {
    machine = layOut(name);
    openWithRecoveryKey(machine);
  });
  afterAll(() => machine.end());

  it('holds every path, byte, mode, time and version that was written', async () => {
    const found = await list(machine, gone[name]);
    expect(asRecorded(found, recorded(name))).toEqual(recorded(name));
  });

  it('verifies, and agrees with its manifest and its audit log', async () => {
    expect(await machine.call('verify', {})).toMatchObject({ failures: [] });
    expect(await machine.call('fsck', {})).toMatchObject({ clean: true });
    expect(machine.ok('audit', 'verify')).toMatch(/^audit log verified: \d+ records/);
  });

  if (name === 'shared')
    it('keeps its namespaces, and tells what is archived elsewhere', () => {
      expect(machine.ok('namespace', 'list')).toMatch(/^CONTRACTS .*\ball\b/m);
      expect(machine.ok('namespace', 'list')).toMatch(/^FILES .*\boff\b/m);
      expect(machine.ok('audit', 'verify')).toMatch(/archive/);
    });

  if (name === 'cube')
    it('shows by no cube how much it holds', () => {
      expect(machine.cubes().map((cube) => statSync(cube).size)).toEqual([largestCube]);
    });

  if (name !== 'slots') return;
  it('opens with its passphrase, too', async () => {
    await machine.call('lock', {});
    writeFileSync(join(machine.home, 'words'), `${passphrase}\n`);
    expect(machine.shell('$CTL unlock --passphrase-fd 3 3<words')).toMatchObject({ code: 0 });
    expect(readFileSync(join(machine.mount, 'files/note'), 'utf8')).toBe('many keys, one content');
  });
});
