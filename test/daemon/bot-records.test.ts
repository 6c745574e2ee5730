/** What becomes of bots, on its way over the control socket into the log: nothing is lost in a burst. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeLogger } from '../../common/log.js';
import type { Refusal } from '../../daemon/bots/refusal.js';
import { FsLink } from '../../daemon/fs-link.js';
import { BotRecords } from '../../daemon/roster/bot-records.js';
import type { HostedBot } from '../../daemon/roster/hosted-bot.js';
import { type ControlHandlers, ControlServer } from '../../fs/control/server.js';

type Meta = Readonly<Record<string, unknown>>;

const log = makeLogger('test', { SHERIN_LOG: 'silent' });
const sender = { pid: 7, uid: 65_534, gid: 65_534, fromPeer: true };
const refusal: Refusal = { reason: 'malformed', sender, taskId: null };

let folder: string;
let server: ControlServer;
let fs: FsLink;
let recorded: Meta[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  recorded = [];
  const handlers = {
    'audit.append': async ({ entries }: { entries: { events: { meta: Meta }[] }[] }) => {
      await setImmediate();
      recorded.push(...entries.flatMap(({ events }) => events.map(({ meta }) => meta)));
      return {};
    },
  } as unknown as ControlHandlers;
  server = new ControlServer(join(folder, 's'), handlers, log, () => undefined);
  fs = new FsLink(join(folder, 's'));
});
afterEach(() => {
  fs.close();
  server.close();
  rmSync(folder, { recursive: true });
});

it('of refusals that come all at once each has a record, or is in the number of the last one', async () => {
  const records = new BotRecords(fs, log);
  const bot = { name: 'one' } as HostedBot;
  for (let at = 0; at < 100; at++) records.refused(bot, refusal);
  const told = () =>
    recorded.reduce((sum, { bot: named, missed }) => sum + (named === 'one' ? 1 : Number(missed)), 0);
  await expect.poll(told, { timeout: 10_000 }).toBe(100);
  expect(recorded.length).toBeLessThan(100);
});
