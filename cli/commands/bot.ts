import { resolve } from 'node:path';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { command, group } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatTime } from '../output/units.js';
import { withDaemon } from '../service/daemon.js';

const name = { form: '<bot>', text: 'a bot, as list tells it', completes: 'nothing' } as const;

const waitingHint =
  'who waits is started when the vault is opened: by the first read at the mount, by a task, or now with: sherinctl unlock; where it is not mounted, with: sherinctl mount';

const list = command({
  name: 'list',
  summary: 'List the bots, their domains and how they are',
  examples: [{ text: 'All of them', line: 'sherinctl bot list' }],
  run: async (session) => {
    const bots: DaemonResult<'bot.list'>['bots'] = [];
    await withDaemon(session, async (client) => {
      let page: string | null = null;
      do {
        const found: DaemonResult<'bot.list'> = await client.call('bot.list', page === null ? {} : { page });
        bots.push(...found.bots);
        page = found.next;
      } while (page !== null);
    });
    const { output } = session;
    output.result({ bots }, () => {
      if (bots.length === 0) return output.line('there are no bots');
      const cells = bots.map(({ bot, version, layer, domain, status, state }) => [
        ...[bot, version ?? '', layer ?? '', domain ?? '', status, state],
      ]);
      printTable(output, ['bot', 'version', 'layer', 'domain', 'status', 'process'], cells);
      if (bots.some(({ status }) => status === 'waiting')) output.line(waitingHint);
    });
  },
});

const get = command({
  name: 'get',
  summary: 'Show one bot',
  args: [name],
  examples: [{ text: 'The one that calculates', line: 'sherinctl bot get calculations' }],
  run: async (session, [bot = '']) => {
    const found = await withDaemon(session, (client) => client.call('bot.get', { bot }));
    const { output } = session;
    output.result(found, () => {
      const { limits, last_update, ...facts } = found;
      for (const [field, value] of Object.entries({ ...facts, ...limits })) {
        const told = Array.isArray(value) ? value.join(', ') : value;
        if (told !== null && told !== '')
          output.line(`${`${field.replaceAll('_', ' ')}:`.padEnd(20)}${told}`);
      }
      output.line(`${'last update:'.padEnd(20)}${formatTime(`${BigInt(last_update) * 1_000_000n}`)}`);
    });
  },
});

const register = command({
  name: 'register',
  summary: 'Take the bot of a folder, and start it',
  details: [
    'For administrators. The folder holds bot.json and the program (docs/writing-a-bot.md); it stays where it is, and is used as it is at each start.',
  ],
  args: [{ form: '<folder>', text: 'its folder', completes: 'file' }],
  examples: [{ text: 'One of your own', line: 'sherinctl bot register ./words' }],
  run: async (session, [folder = '']) => {
    const path = resolve(folder);
    const answer = await withDaemon(session, (client) => client.call('bot.register', { path }));
    session.output.result(answer, () =>
      session.output.line(`bot ${answer.bot} ${answer.version} is registered: ${answer.state}`),
    );
  },
});

const start = command({
  name: 'start',
  summary: 'Start a bot, with its folder as it is now',
  details: ['For administrators.'],
  args: [name],
  examples: [{ text: 'After a change of its program', line: 'sherinctl bot start words' }],
  run: async (session, [bot = '']) => {
    const answer = await withDaemon(session, (client) => client.call('bot.start', { bot }));
    session.output.result(answer, () => session.output.line(`bot ${bot}: ${answer.state}`));
  },
});

const stop = command({
  name: 'stop',
  summary: 'Stop a bot until it is started again',
  details: ['For administrators. Its tasks go to another bot of the domain, or wait.'],
  args: [name],
  examples: [{ text: 'One that misbehaves', line: 'sherinctl bot stop words' }],
  run: async (session, [bot = '']) => {
    await withDaemon(session, (client) => client.call('bot.stop', { bot }));
    session.output.result({}, () => session.output.line(`bot ${bot} is stopped`));
  },
});

const remove = command({
  name: 'remove',
  summary: 'Stop a bot and forget its folder',
  details: [
    'For administrators. Nothing in the folder changes. A bot that came along with Sherin is there again as it was.',
  ],
  args: [name],
  examples: [{ text: 'One that is not wanted any more', line: 'sherinctl bot remove words' }],
  run: async (session, [bot = '']) => {
    await withDaemon(session, (client) => client.call('bot.remove', { bot }));
    session.output.result({}, () => session.output.line(`bot ${bot} is removed`));
  },
});

export const bot = group(
  {
    name: 'bot',
    summary: 'The programs that work on tasks',
    examples: [{ text: 'All of them', line: 'sherinctl bot list' }],
  },
  [list, get, register, start, stop, remove],
);
