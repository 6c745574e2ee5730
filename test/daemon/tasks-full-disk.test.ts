/** The disk of sherind's database is full: nothing is taken, nothing hangs, and what ran is done once there is space. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotsFixture, idOf, RoomFixture } from '../../daemon/router/room.fixture.js';
import type { TaskId } from '../../daemon/tasks/task-id.js';

let disk: string;
let room: RoomFixture;

describe.runIf(process.getuid?.() === 0)('tasks on a disk that is full', () => {
  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'sherind-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'tmpfs', disk]);
    room = new RoomFixture(new BotsFixture('coding'), disk);
    room.tasks.start();
  });
  afterEach(async () => {
    await room.tasks.stop();
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  const filling = (): string => join(disk, 'filling');

  function fill(): void {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filling(), Buffer.alloc(bavail * bsize));
  }

  it('are refused, and go on when there is space', async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      room.bots.work = async (task) => {
        await new Promise<void>((go) => {
          answer = go;
          resolve();
        });
        return { kind: 'result', written: idOf(task.request, 'OUT') };
      };
    });
    const { task } = await room.submit('before');
    await asked;
    fill();
    // What the log of the database has room for still is taken; not for ever.
    const taken: string[] = [];
    const refusal = await (async () => {
      for (let at = 0; at < 5000; at++) taken.push((await room.submit(`more ${at}`)).task);
      return null;
    })().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'NO_SPACE' });
    answer();
    // Not before its end found no space: it is to be stored again.
    await room.until(task, () => room.logged.some((line) => line.includes('was not stored')));
    expect(room.tasks.get(task).state).toBe('running');
    expect(room.bots.open.size).toBe(0);
    room.bots.work = async ({ request }) => ({ kind: 'result', written: idOf(request, 'OUT') });
    rmSync(filling());
    expect(await room.ended(task)).toMatchObject({ state: 'done', attempt: 2, failures: 1 });
    expect((await room.submit('after')).state).toBe('queued');
  });

  /** A task that its bot never answers, and a disk that takes no more changes. */
  async function stuck(): Promise<TaskId> {
    const asked = new Promise<void>((resolve) => {
      room.bots.work = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const { task } = await room.submit('before');
    await asked;
    fill();
    const more = async () => {
      for (let at = 0; at < 5000; at++) await room.submit(`more ${at}`);
    };
    await expect(more()).rejects.toMatchObject({ code: 'NO_SPACE' });
    room.bots.work = async ({ request }) => ({ kind: 'result', written: idOf(request, 'OUT') });
    return task;
  }

  it('do not hold up the end of sherind, were they late before', async () => {
    room.bots.put('coding', { timeout: 100 });
    const task = await stuck();
    await room.until(task, () => room.bots.open.size === 0);
    await room.tasks.stop();
    rmSync(filling());
    room.reopen();
    room.tasks.start();
    expect(await room.ended(task)).toMatchObject({ state: 'done', attempt: 2, failures: 1 });
  });

  it('that the emergency stop has ended are queued again, without blame, once there is space', async () => {
    const task = await stuck();
    room.policy.set({ stop: 'on' });
    await room.until(task, () => room.bots.open.size === 0);
    rmSync(filling());
    expect(await room.until(task, ({ state }) => state === 'queued')).toMatchObject({ failures: 0 });
    room.policy.set({ stop: 'off' });
    expect(await room.ended(task)).toMatchObject({ state: 'done', attempt: 2 });
  });
});
