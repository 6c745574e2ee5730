import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

/** As much as ext4 takes. */
const terabytes = 15 * 2 ** 40;

describe.each(['native', 'fuse-native'])('sparse files, driver %s', (driver) => {
  let machine: Machine;
  beforeAll(() => {
    machine = Machine.empty();
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up', '--driver', driver);
    machine.shell(
      'truncate -s 15T holes; truncate -s 4M some; printf data | dd of=some bs=1M seek=2 conv=notrunc',
    );
    machine.ok('put', join(machine.home, 'holes'), join(machine.home, 'some'), 'files/');
    machine.shell('head -c 100k /dev/urandom > full');
    machine.ok('put', join(machine.home, 'full'), 'files/');
  });
  afterAll(() => machine.end());

  it('are described without a step for each hole', () => {
    const told = machine.shell('getfattr --only-values -n user.sherin.cubes "$M/files/holes"');
    expect(told).toMatchObject({ code: 0, out: '0' });
    const [, holes] = /"holes": *(\d+)/.exec(machine.ok('stat', '--json', 'files/holes')) ?? [];
    expect(Number(holes)).toBe(terabytes / 2 ** 20);
  });

  it('take up what is in them', () => {
    const shown = machine.shell('cd "$M/files" && stat -c "%n %s %b" holes some full');
    expect(shown.out.trim().split('\n')).toEqual([
      `holes ${terabytes} 0`,
      `some ${4 * 2 ** 20} 2048`,
      `full ${100 * 1024} 200`,
    ]);
  });
});
