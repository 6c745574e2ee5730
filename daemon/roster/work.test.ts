import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asSherinId } from '../../common/ids.js';
import { makeLogger } from '../../common/log.js';
import { FsLink } from '../fs-link.js';
import { HostedBot } from './hosted-bot.js';
import { workOf } from './work.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-roster-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a bot that can not be started is not waited for', async () => {
  const registered = { bot: 'one', folder: join(folder, 'gone'), uid: null, wanted: true, updatedAt: 0 };
  const bot = new HostedBot(registered, {
    ...{ fs: new FsLink(join(folder, 's')), log: makeLogger('test', { SHERIN_LOG: 'silent' }) },
    ...{ runtime: folder, mount: async () => null, changed: () => undefined, refused: () => undefined },
  });
  expect(bot.facts.state).toBe('faulty');
  const id = asSherinId(`INBOX_20260101_${'0'.repeat(32)}`);
  const given = new AbortController();
  const work = workOf(bot, { id, domain: 'd', department: 'e', class: 'f' }, given.signal);
  const patience = setTimeout(() => given.abort(), 20_000);
  await expect(work).rejects.toMatchObject({ code: 'BOT_LOST' });
  expect(given.signal.aborted).toBe(false);
  clearTimeout(patience);
});
