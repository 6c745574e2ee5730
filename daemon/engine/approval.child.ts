/**
 * Does what was approved, after it has approved what waits where its third argument says so; is killed at a point of that. Says how often the
 * action was done. Its other arguments: a directory with a database and a state of the policy, and the point, counted from 0.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { FreezeMark } from '../../common/freeze-mark.js';
import { makeLogger } from '../../common/log.js';
import { DaemonDatabase } from '../database/database.js';
import { ApprovedActions } from './approved-actions.js';
import { PolicyCache } from './policy-cache.js';
import { PolicyKeeper, type VaultPolicy } from './policy-keeper.js';
import { UnrecordedStops } from './unrecorded-stops.js';

const [directory = '', last = '', approves = ''] = process.argv.slice(2);
let points = 0;
function point(): void {
  if (points++ === Number(last)) process.kill(process.pid, 'SIGKILL');
}

const file = join(directory, 'state.json');
const vault: VaultPolicy = {
  read: async () => JSON.parse(readFileSync(file, 'utf8')),
  write: async (state) => {
    point();
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
    point();
  },
  freeze: async () => undefined,
  record: async () => undefined,
};
const log = makeLogger('approval', { SHERIN_LOG: 'silent' });
const database = DaemonDatabase.open(directory);
const keeper = new PolicyKeeper({
  ...{ vault, log, cache: new PolicyCache(database), mark: new FreezeMark(directory) },
  stops: new UnrecordedStops(database, log),
});
const feelings = () => ({ confidence: 1, empathy: 1, safety: 1 });
const approved = new ApprovedActions({ database, keeper, feelings, log });
approved.on('gc', () => {
  database.run(`INSERT INTO trust (bot, version, successes, failures) VALUES ('gc', '1', 1, 0)
    ON CONFLICT DO UPDATE SET successes = successes + 1`);
  point();
});
await keeper.opened();
const caller = { uid: 7, gid: 7, groups: [], pid: null };
for (const { action_id } of approves === 'approve' ? (keeper.known?.queue ?? []) : [])
  await approved.approve(action_id, caller);
while ((keeper.known?.approved.length ?? 0) > 0) await setImmediate();
point();
const counted = database.get<{ readonly successes: number }>('SELECT successes FROM trust');
process.stdout.write(
  JSON.stringify({ done: counted?.successes ?? 0, waiting: keeper.known?.queue.length, points }),
);
database.close();
