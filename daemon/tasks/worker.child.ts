/** Submits and does tasks until it is killed; says each thing once the queue has taken it. Its argument: the directory of the database. */
import { writeSync } from 'node:fs';
import { makeLogger } from '../../common/log.js';
import { DaemonDatabase } from '../database/database.js';
import { idOf, sample } from './queue.fixture.js';
import { TaskQueue } from './task-queue.js';

const [directory = ''] = process.argv.slice(2);
const queue = new TaskQueue({ database: DaemonDatabase.open(directory), log: makeLogger('worker') });
const say = (...words: readonly (string | number)[]) => writeSync(1, `${words.join(' ')}\n`);

for (;;) {
  for (let at = 0; at < 3; at++) say('submitted', queue.submit(sample({ owner: at })).id);
  for (let at = 0; at < 3; at++) {
    const task = queue.begin('coding', 'worker');
    if (task === null) break;
    say('begun', task.id, task.attempt);
    const result = idOf(`${task.id} ${task.attempt}`);
    queue.finish(task, result);
    say('done', task.id, result);
  }
}
