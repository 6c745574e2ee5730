import { fstatSync, readSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { mostRequestBytes, resultsPage } from '../../daemon/protocol/grants.js';
import { system } from '../../native/index.js';
import type { Tasks } from '../service/tasks/tasks.js';
import { onBehalf, requireOwn } from './on-behalf.js';
import type { Call, ControlHandlers } from './server.js';

type Handlers = Pick<
  ControlHandlers,
  | 'bot.open'
  | 'bot.close'
  | 'grant.add'
  | 'grant.end'
  | 'result.offer'
  | 'result.take'
  | 'result.list'
  | 'result.remove'
  | 'task.put'
>;

/** `bot.*`, `grant.*`, `result.*` and `task.put`: for who gives tasks to bots. */
export function taskHandlers({ bots, grants, requests, results, oldResults }: Tasks): Handlers {
  return {
    'bot.open': async (bot, { peer }) => {
      requireOwn(peer);
      await bots.open(bot, peer);
      return {};
    },
    'bot.close': async ({ bot }, { peer }) => {
      requireOwn(peer);
      await bots.close(bot, peer);
      return {};
    },
    'grant.add': async ({ uid, gid, groups, ...grant }, { peer }) => {
      requireOwn(peer);
      await grants.add(grant, { uid, gid, groups }, peer);
      return {};
    },
    'grant.end': async ({ bot, task }, { peer }) => {
      requireOwn(peer);
      return { ended: await grants.end(bot, task, peer) };
    },
    'result.offer': async ({ to, ...written }, { peer }) => {
      requireOwn(peer);
      return { id: await results.offer(written, to, peer) };
    },
    'result.take': async (wanted, { peer }) => {
      requireOwn(peer);
      return { id: await results.take(wanted, peer) };
    },
    'result.list': async ({ all, before, after, caller }, { peer }) => {
      const from = { all, before: BigInt(before), after: after ?? 0 };
      const results = await oldResults.list(from, onBehalf(peer, caller));
      const page = results.slice(0, resultsPage);
      return { results: page, next: results.length > page.length ? (page.at(-1)?.ino ?? null) : null };
    },
    'result.remove': async ({ all, inos, caller }, { peer }) => ({
      removed: await oldResults.remove({ all, inos: new Set(inos) }, onBehalf(peer, caller)),
    }),
    'task.put': async (_, call) => {
      const content = takeRequest(call);
      try {
        return { id: await requests.put(content, call.peer) };
      } finally {
        system.wipe(content);
      }
    },
  };
}

/** Only sealed memory files are read here: nothing else answers at once for certain. @throws SherinError USAGE */
function takeRequest({ fds }: Call): Buffer {
  const [fd] = fds;
  if (fd === undefined || !system.isSealed(fd))
    throw new SherinError('USAGE', { what: 'a request is taken from a sealed memory file only' });
  const { size } = fstatSync(fd);
  if (size === 0 || size > mostRequestBytes)
    throw new SherinError('USAGE', { what: `a request has 1 to ${mostRequestBytes} bytes` });
  const content = system.plaintext(size);
  readSync(fd, content, 0, size, 0);
  return content;
}
