/** A grant whose task is over before it is there. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { makeLogger } from '../../common/log.js';
import { SupervisedBot } from '../../daemon/bots/supervised-bot.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { FsLink } from '../../daemon/fs-link.js';
import { gateOf } from '../../daemon/roster/control.js';
import { HostedBot } from '../../daemon/roster/hosted-bot.js';
import { newTaskId } from '../../daemon/tasks/task-id.js';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { botUid, SharedVault } from './tasks/shared-vault.js';

const vault = new SharedVault(nativeLimits);
const bot = 'calculations';
const inside = `tell(names('bots/${bot}/in'))`;
const socket = join(vault.machine.home, 'run/sherin-fs.sock');
let client: ControlClient;

describe.runIf(process.getuid?.() === 0)('a grant that is on its way', () => {
  beforeAll(async () => {
    vault.start();
    client = ControlClient.connect(socket);
    await client.call('bot.open', { bot, uid: botUid });
  });
  afterAll(() => {
    client.close();
    vault.end();
  });

  it('does not come into being once its task has ended; the next one of that task does', async () => {
    const id = await vault.submit('what is 1 + 1');
    const own = { uid: 0, gid: 0, groups: [] };
    const add = (task: string) => client.post('grant.add', { bot, task, ...own, ids: [id] });
    // It hears all of them at once, so that the first is still on its way at the end of its task.
    const { fsPid } = vault.machine;
    process.kill(fsPid, 'SIGSTOP');
    const late = add('t1');
    const other = add('t2');
    const again = client.post('grant.end', { bot, task: 't1' });
    const next = add('t1');
    await Promise.all([late.sent, other.sent, again.sent, next.sent]);
    process.kill(fsPid, 'SIGCONT');
    await expect(late.answer).rejects.toMatchObject({ code: 'TASK_STATE' });
    await Promise.all([other.answer, again.answer, next.answer]);
    expect(await vault.as(botUid, inside)).toEqual([[id]]);
    expect(await client.call('grant.end', { bot, task: 't2' })).toEqual({ ended: 1 });
    expect(await vault.as(botUid, inside)).toEqual([[id]]);
    expect(await client.call('grant.end', { bot, task: 't1' })).toEqual({ ended: 1 });
    expect(await vault.as(botUid, inside)).toEqual([[]]);
    const { records } = await client.call('audit.tail', { count: 50 });
    const told = records
      .map((record) => record as { event: string; meta: { task?: string } })
      .filter(({ event }) => event.startsWith('AUDIT_GRANT'))
      .map(({ event, meta }) => `${event} ${meta.task}`);
    // Each that was made has ended.
    const [made, ended] = ['AUDIT_GRANT', 'AUDIT_GRANT_END'].map((event) =>
      told.filter((text) => text.startsWith(`${event} `)).map((text) => text.slice(event.length + 1)),
    );
    expect(made?.sort()).toEqual(['t1', 't1', 't2']);
    expect(ended?.sort()).toEqual(['t1', 't1', 't2']);
  });

  describe('to who judges a result', () => {
    const [judge, judgeUid] = ['judge', botUid + 2];
    const seen = `tell(names('bots/${judge}/in'))`;
    beforeAll(() => client.call('bot.open', { bot: judge, uid: judgeUid }));
    afterAll(() => client.call('bot.close', { bot: judge }));

    /** Asks for a result that its bot has open, and for something else before it is closed. */
    const meanwhile = async <T>(name: string, ask: (id: SherinId) => Promise<T>): Promise<T> => {
      const program = vault.steps(
        botUid,
        `
name = 'bots/${bot}/out/${name}'
put(name, name)
id = id_of(name)
fd = write(name, name, os.O_WRONLY); step(id)
os.close(fd); step('closed')`,
      );
      const answer = await ask(asSherinId(String(await program.next())));
      expect(await program.go()).toBe('closed');
      program.end();
      return answer;
    };
    const offered = async (task: string, next: () => Promise<unknown>): Promise<void> => {
      const { failed } = await meanwhile(task, async () => {
        const offer = client.post('result.offer', { bot, task, name: task, to: judge });
        const failed = expect(offer.answer).rejects.toMatchObject({ code: 'TASK_STATE' });
        await offer.sent;
        await next();
        return { failed };
      });
      await failed;
    };
    /** It has its folder, and is lost as soon as something was granted to it; or, as a sherind has it that was just started, it can not be started. */
    class LostJudge extends HostedBot {
      folder: SupervisedBot | null = null;
      #looks = 0;
      override get running(): SupervisedBot | null {
        return this.folder;
      }
      override get broken(): boolean {
        return this.folder === null || this.#looks++ > 0;
      }
    }
    const lostJudge = (fs: FsLink): LostJudge => {
      const registered = { bot: judge, folder: '/none', uid: judgeUid, wanted: true, updatedAt: 0 };
      return new LostJudge(registered, {
        ...{ fs, log: makeLogger('test', { SHERIN_LOG: 'silent' }), runtime: '/none' },
        ...{ mount: async () => null, changed: () => undefined, refused: () => undefined },
      });
    };
    const judgement = (written: SherinId, fs: FsLink, hasFolder = true) => {
      const lost = lostJudge(fs);
      if (hasFolder) lost.folder = Object.create(SupervisedBot.prototype) as SupervisedBot;
      const of = { now: () => lost, working: () => lost };
      const task = { id: newTaskId(), domain: 'coding', department: 'logic', class: 'code' };
      return gateOf(of, fs).judge(task, { bot }, written);
    };

    it('does not come into being once it was ended, though the result was not there yet', async () => {
      await offered('t3', () => client.call('grant.end', { bot: judge, task: 't3' }));
      expect(await vault.as(judgeUid, seen)).toEqual([[]]);
    });

    it('does not come into being in the folder that another sherind has opened for it since', async () => {
      await offered('t4', () => client.call('bot.open', { bot: judge, uid: judgeUid }));
      expect(await vault.as(judgeUid, seen)).toEqual([[]]);
    });

    it('does not come into being once sherind has waited for it in vain', async () => {
      const fs = new FsLink(socket, 0.05);
      const late = expect.objectContaining({ code: 'TIMEOUT' });
      await meanwhile('t5', (written) => expect(judgement(written, fs)).rejects.toEqual(late));
      // Until then a result is looked for.
      await expect(
        client.call('result.offer', { bot, task: 't5', name: 't5', to: null }),
      ).resolves.toBeDefined();
      expect(await vault.as(judgeUid, seen)).toEqual([[]]);
      fs.close();
    });

    it('ends where the judge is lost', async () => {
      const fs = new FsLink(socket);
      const lost = expect.objectContaining({ code: 'BOT_LOST' });
      const [written] = (await vault.as(
        botUid,
        `put('bots/${bot}/out/t6', 'a result'); tell(id_of('bots/${bot}/out/t6'))`,
      )) as [string];
      await expect(judgement(asSherinId(written), fs)).rejects.toEqual(lost);
      expect(await vault.as(judgeUid, seen)).toEqual([[]]);
      const { records } = await client.call('audit.tail', { count: 2 });
      expect(records.map(({ event }) => event)).toEqual(['AUDIT_GRANT', 'AUDIT_GRANT_END']);
      fs.close();
    });

    it('is not asked for where the judge has no folder and will have none', async () => {
      const fs = new FsLink(socket);
      const [written] = (await vault.as(
        botUid,
        `put('bots/${bot}/out/t7', 'a result'); tell(id_of('bots/${bot}/out/t7'))`,
      )) as [string];
      const grants = async () => {
        const { records } = await client.call('audit.tail', { count: 200 });
        return records.filter(({ event }) => String(event).startsWith('AUDIT_GRANT')).length;
      };
      const before = await grants();
      const lost = expect.objectContaining({ code: 'BOT_LOST' });
      await expect(judgement(asSherinId(written), fs, false)).rejects.toEqual(lost);
      expect(await grants()).toBe(before);
      fs.close();
    });

    it.each([
      [
        'can not start it',
        (one: HostedBot) => expect(one.start()).rejects.toMatchObject({ code: 'BOT_MANIFEST' }),
      ],
      ['may not', (one: HostedBot) => one.stop()],
    ] as const)('ends with the sherind that was killed, where the next one %s', async (_, ends) => {
      const fs = new FsLink(socket);
      await vault.as(botUid, `put('bots/${bot}/out/t7', 't7'); tell(1)`);
      await client.call('bot.open', { bot: judge, uid: judgeUid });
      await client.call('result.offer', { bot, task: 't7', name: 't7', to: judge });
      expect(await vault.as(judgeUid, seen)).toEqual([[expect.stringMatching(/^OUT_/)]]);
      await ends(lostJudge(fs));
      expect(await vault.as(judgeUid, `tell(attempt(names, 'bots/${judge}/in'))`)).toEqual(['ENOENT']);
      await client.call('bot.open', { bot: judge, uid: judgeUid });
      expect(await vault.as(judgeUid, seen)).toEqual([[]]);
      fs.close();
    });
  });
});
