import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

const mib = 1024 * 1024;
const vertex = 65_536;
/** A whole cube, then one of 15 vertices that is damaged in its twelfth. */
const data = randomBytes(mib + 15 * vertex);

describe.each(['native', 'fuse-native'])('--verify cube, driver %s', (driver) => {
  let machine: Machine;
  let source: string;
  let target: string;
  let victim: string;

  beforeAll(() => {
    machine = Machine.empty();
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up', '--driver', driver, '--verify', 'cube');
    source = join(machine.home, 'data');
    target = join(machine.home, 'target');
    writeFileSync(source, data);
  });
  afterAll(() => machine.end());

  beforeEach(async () => {
    machine.ok('put', source, 'files/data');
    const second = machine.cubes().find((cube) => statSync(cube).size === 4096 + 15 * vertex);
    if (second === undefined) throw new Error('the second cube is missing');
    victim = second;
    const fd = openSync(victim, 'r+');
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, 4096 + 11 * vertex);
    byte.writeUInt8(byte.readUInt8(0) ^ 1);
    writeSync(fd, byte, 0, 1, 4096 + 11 * vertex);
    closeSync(fd);
    await machine.call('lock', {});
    await machine.call('unlock', { slot: 'tpm' });
  });
  afterEach(() => rmSync(target, { force: true }));

  /** What arrived in `target`: no byte of the damaged cube, though most of its vertices are good. */
  function expectNothingOfIt(): void {
    const got = readFileSync(target);
    const zeros = Buffer.alloc(15 * vertex);
    const rest = got.subarray(mib);
    expect(got.subarray(0, mib).equals(data.subarray(0, got.length).subarray(0, mib))).toBe(true);
    expect(rest.equals(zeros.subarray(0, rest.length))).toBe(true);
  }

  it.each(['bs=4k', 'bs=64k', 'bs=1M', 'bs=64k iflag=direct'])('a sequential read with %s', (how) => {
    const read = machine.shell(`dd if="$M/files/data" ${how} status=none > target`);
    expect(read.err).toContain('Permission denied');
    expectNothingOfIt();
  });

  it('a read of one good vertex', () => {
    const read = machine.shell('dd if="$M/files/data" bs=64k skip=18 count=1 status=none > target');
    expect(read.err).toContain('Permission denied');
    expect(statSync(target).size).toBe(0);
  });

  it('a small read at random, and the rest of its vertex', () => {
    for (const skip of [300, 301, 290]) {
      const read = machine.shell(`dd if="$M/files/data" bs=4k skip=${skip} count=1 status=none > target`);
      expect(read.err).toContain('Permission denied');
      expect(statSync(target).size).toBe(0);
    }
  });

  it('cat', () => {
    expect(machine.shell('$CTL cat files/data > target').code).not.toBe(0);
    expectNothingOfIt();
  });

  it('cat into a pipe', () => {
    expect(machine.shell('set -o pipefail; $CTL cat files/data | cat > target').code).not.toBe(0);
    expectNothingOfIt();
  });

  it('get', () => {
    const { code, err } = machine.run('get', 'files/data', target);
    expect([code, existsSync(target)]).toEqual([3, false]);
    expect(err).toContain('failed verification');
  });
});
