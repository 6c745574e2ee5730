/** A disk that takes nothing for a while: whoever has things recorded waits for the log, and no record is lost. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { mostRecords } from '../../daemon/protocol/engine.js';
import { Machine } from './machine.js';

const messages = 100;
let machine: Machine;

/** The kernel lets root alone make a disk, and hold it. */
describe.runIf(process.getuid?.() === 0 && existsSync('/dev/loop-control'))('a log that is stalled', () => {
  beforeAll(() => {
    machine = Machine.empty();
    const disk = join(machine.home, 'disk');
    mkdirSync(machine.vault);
    writeFileSync(disk, '');
    truncateSync(disk, 128 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', disk]);
    execFileSync('mount', ['-o', 'loop', disk, machine.vault]);
    spawnSync('rmdir', [join(machine.vault, 'lost+found')]);
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up');
    machine.ok('ls');
  });
  afterAll(() => {
    machine.run('down');
    spawnSync('umount', ['-l', machine.vault]);
    machine.end();
  });

  it('holds back who tells it of what was answered, and has it all when the disk goes on', async () => {
    const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
    const size = async (): Promise<number> => (await machine.call('status', {})).audit?.size ?? 0;
    const before = await size();
    const ids = Array.from({ length: mostRecords }, (_, at) => `task-${at}`);
    const caller = { uid: 61_000, pid: 1 };
    const entries = [{ caller, event: 'AUDIT_TASK_SUBMITTED', ids, meta: {} }];
    let answered = 0;
    let whileHeld = 0;
    execFileSync('fsfreeze', ['-f', machine.vault]);
    const all: Promise<unknown>[] = [];
    try {
      for (let each = 0; each < messages; each++)
        all.push(client.call('request.answered', { entries }).then(() => answered++));
      // It is looked at behind all of them.
      await client.call('status', {});
      whileHeld = answered;
    } finally {
      execFileSync('fsfreeze', ['-u', machine.vault]);
    }
    await Promise.all(all);
    expect(whileHeld * mostRecords).toBeLessThan(10_000);
    expect(await size()).toBeGreaterThanOrEqual(before + messages * mostRecords);
    client.close();
  });
});
