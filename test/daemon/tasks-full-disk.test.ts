/** The disk of sherind's database is full: nothing is taken, nothing hangs, and what ran is done once there is space. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BotsFixture, idOf, RoomFixture } from '../../daemon/router/room.fixture.js';

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
    await room.until(task, () => room.bots.open.size === 0);
    expect(room.tasks.get(task).state).toBe('running');
    room.bots.work = async ({ request }) => ({ kind: 'result', written: idOf(request, 'OUT') });
    rmSync(filling());
    expect(await room.ended(task)).toMatchObject({ state: 'done', attempt: 2, failures: 1 });
    expect((await room.submit('after')).state).toBe('queued');
  });
});
