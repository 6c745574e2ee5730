/** A vault that locks itself when nobody uses it, with everything real: sherin-fs, a mount, sherind beside it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { until } from './wait.js';

let machine: Machine;
const file = (): string => join(machine.mount, 'files/a');
const state = async () => (await machine.call('status', {})).vault;

beforeAll(() => {
  machine = Machine.empty();
  machine.withDaemon = true;
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up', '--auto-lock', '3s');
});
afterAll(() => machine.end());

describe('a vault with --auto-lock', () => {
  it('locks itself though a file is open, status is asked for and sherind runs; what was written is kept', async () => {
    writeFileSync(file(), 'written');
    const held = await open(file(), 'r');
    try {
      // As long as it takes: the test ends with its time.
      while ((await state()).state !== 'locked') await sleep(50);
      expect((await state()).autoLock).toEqual({ seconds: 3, left: null, beforeSleep: 'off' });
      const bytes = Buffer.alloc(7);
      await expect(held.read(bytes, 0, 7, 0)).rejects.toMatchObject({ code: 'EACCES' });
      // The first access does not open it again: it is locked on purpose.
      expect(() => readFileSync(file())).toThrow(/EACCES/);
      machine.ok('unlock');
      // What was open goes on.
      expect((await held.read(bytes, 0, 7, 0)).bytesRead).toBe(7);
      expect(bytes.toString()).toBe('written');
    } finally {
      await held.close();
    }
  });

  it('has on record why it was locked', async () => {
    machine.run('unlock');
    const { records } = await machine.call('audit.tail', { count: 100 });
    const reasons = records.flatMap(({ event, meta }) => (event === 'AUDIT_LOCK' ? [meta] : []));
    expect(reasons[0]).toEqual({ reason: 'idle' });
  });

  it('has the same time when sherind has started sherin-fs again, and says so', async () => {
    const before = machine.fsPid;
    await machine.killFs();
    await until('nobody starts it again', () => {
      const { code, out } = machine.run('status', '--json');
      return code === 0 && (JSON.parse(out) as { fs: { pid: number } }).fs.pid !== before;
    });
    expect((await state()).autoLock.seconds).toBe(3);
    expect(machine.ok('status')).toContain('locks itself after 3 s without use');
  });

  it('takes no longer time while it runs, nor a time that it does not understand', () => {
    expect(machine.ok('up', '--auto-lock', '15')).toContain('is mounted');
    expect(machine.run('up', '--auto-lock', 'never')).toMatchObject({ code: 2 });
    machine.ok('down');
    machine.env.SHERIN_AUTO_LOCK = 'soon';
    expect(machine.run('up').err).toContain('SHERIN_AUTO_LOCK takes');
    machine.env.SHERIN_AUTO_LOCK = '5m';
    machine.ok('up', '--auto-lock', '15');
    expect(machine.status().vault.autoLock.seconds).toBe(300);
    const { code, err } = machine.run('up', '--auto-lock', '1');
    expect([code, err]).toEqual([2, expect.stringContaining('locks the vault after 300 s by itself')]);
  });
});
