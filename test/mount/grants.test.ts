/** A grant whose task is over before it is there. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { botUid, SharedVault } from './tasks/shared-vault.js';

const vault = new SharedVault(nativeLimits);
const bot = 'calculations';
const inside = `tell(names('bots/${bot}/in'))`;
let client: ControlClient;

describe.runIf(process.getuid?.() === 0)('a grant that is on its way', () => {
  beforeAll(async () => {
    vault.start();
    client = ControlClient.connect(join(vault.machine.home, 'run/sherin-fs.sock'));
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
    const late = add('t1');
    const other = add('t2');
    const again = client.post('grant.end', { bot, task: 't1' });
    const next = add('t1');
    await Promise.all([late.sent, other.sent, again.sent, next.sent]);
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
});
