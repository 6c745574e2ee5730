/** What bots say of themselves while they do not run, and what sherinctl says is to be done about it. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import { Machine } from '../vault/machine.js';
import { gone, until } from '../vault/wait.js';
import { processesOf } from './bots/traces.js';

const all = ['calculations', 'coding', 'knowledge', 'merging', 'planning', 'safety'];
const hint =
  'who waits is started when the vault is opened: by the first read at the mount, by a task, or now with: sherinctl unlock; where it is not mounted, with: sherinctl mount\n';

let machine: Machine;

interface Listed {
  readonly bot: string;
  readonly status: string;
  readonly state: string;
}

beforeAll(() => {
  machine = Machine.empty();
  machine.withDaemon = true;
  chmodSync(machine.home, 0o711);
  machine.init();
  machine.ok('up');
});
afterAll(() => machine.end());

function listed(): readonly Listed[] {
  return (JSON.parse(machine.ok('bot', 'list', '--json')) as { bots: Listed[] }).bots;
}

/** How all but the one that is stopped for good are. */
function others(): readonly string[] {
  const states = listed().filter(({ bot }) => bot !== 'coding');
  return [...new Set(states.map(({ status, state }) => `${status} ${state}`))];
}

/** How often bots were started, as the audit log has it. */
async function begun(): Promise<number> {
  const { records } = await machine.call('audit.tail', { count: 200 });
  const states = records.map((record) => record as { event: string; meta: { state?: string } });
  return states.filter(({ event, meta }) => event === 'AUDIT_BOT_STATE' && meta.state === 'starting').length;
}

async function ready(): Promise<void> {
  await until('bots do not start', () =>
    listed().every(({ bot, state }) => bot === 'coding' || state === 'ready'),
  );
}

it('a bot waits for the vault until it is opened, and the list says how; one that was stopped does not wait', async () => {
  expect(listed().map(({ bot, state }) => `${bot} ${state}`)).toEqual(
    all.map((bot) => `${bot} waits-for-vault`),
  );
  machine.ok('bot', 'stop', 'coding');
  machine.ok('down');
  machine.ok('up');
  expect(others()).toEqual(['waiting waits-for-vault']);
  expect(listed().find(({ bot }) => bot === 'coding')).toMatchObject({ status: 'stopped', state: 'stopped' });
  expect(machine.ok('bot', 'list')).toContain(hint);
  expect(machine.ok('bot', 'get', 'planning')).toMatch(/^status: +waiting\nstate: +waits-for-vault$/m);
  machine.ok('unlock');
  await ready();
  // A lock ends none of them.
  machine.ok('lock');
  expect(others()).not.toContain('waiting waits-for-vault');
  machine.ok('unlock');
  expect(machine.ok('bot', 'list')).not.toContain('wait');
});

it('it waits again when sherin-fs was killed', async () => {
  const { fsPid } = machine;
  process.kill(fsPid, 'SIGKILL');
  await gone(fsPid);
  await until('bots do not wait', () => others().join() === 'waiting waits-for-vault');
  await until('sherin-fs is not back', () => machine.run('unlock').code === 0);
  await ready();
});

it('none runs under an emergency stop that was set before sherind was started, and none waits for the vault then', async () => {
  machine.ok('estop', 'on');
  const starts = await begun();
  const client = await DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
  const { pid } = await client.call('system.status');
  client.close();
  process.kill(pid, 'SIGKILL');
  await gone(pid);
  machine.ok('up');
  for (let looks = 0; looks < 10; looks++) expect(others()).toEqual(['stopped stopped']);
  expect(processesOf(machine.home)).toEqual([]);
  expect(await begun()).toBe(starts);
  // Nor does one wait for the vault that may not run once it is open.
  machine.ok('down');
  machine.ok('up');
  expect(others()).toEqual(['stopped stopped']);
  machine.ok('estop', 'off');
  await ready();
});
