/** A disk that takes nothing for a while: whoever has things recorded waits for the log, and no record is lost. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { mostRecords } from '../../daemon/protocol/engine.js';
import { Machine } from './machine.js';
import { until } from './wait.js';

const messages = 100;
/** Its mount is the disk of the other's vault: while its sherin-fs is stopped, nothing is read or written there. */
let disk: Machine;
let machine: Machine;

describe('a log that is stalled', () => {
  beforeAll(() => {
    disk = Machine.start();
    machine = Machine.empty();
    const vault = join(disk.mount, 'files/vault');
    mkdirSync(vault);
    machine.env.SHERIN_VAULT = vault;
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up');
    machine.ok('ls');
  });
  afterAll(() => {
    machine.end();
    disk.end();
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
    const server = disk.fsPid;
    process.kill(server, 'SIGSTOP');
    const all: Promise<unknown>[] = [];
    try {
      await until('sherin-fs is not stopped', () => isStopped(server));
      for (let each = 0; each < messages; each++)
        all.push(client.call('request.answered', { entries }).then(() => answered++));
      // It is looked at behind all of them.
      await client.call('status', {});
      whileHeld = answered;
    } finally {
      process.kill(server, 'SIGCONT');
    }
    await Promise.all(all);
    expect(whileHeld * mostRecords).toBeLessThan(10_000);
    expect(await size()).toBeGreaterThanOrEqual(before + messages * mostRecords);
    client.close();
  });
});

/** All threads of a process (proc(5), stat). */
function isStopped(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).every((thread) =>
    / T \d+ /.test(readFileSync(`${folder}/${thread}/stat`, 'utf8')),
  );
}
