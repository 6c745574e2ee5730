/** Submits tasks and has them worked on by processes until it is killed; says each ID once it was answered. Its argument: a directory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { BotsFixture, idOf, RoomFixture } from './room.fixture.js';

const [directory = '', name = ''] = process.argv.slice(2);
const bots = new BotsFixture('coding', 'logic', 'merge');
bots.work = async (task) => {
  await once(spawn('true'), 'close');
  return { kind: 'result', written: idOf(task.request, 'OUT') };
};
const room = new RoomFixture(bots, directory);
room.tasks.start();
const say = (...words: readonly string[]) => writeSync(1, `${words.join(' ')}\n`);
room.tasks.watch.subscribe({}, ({ task }) => {
  if (task.state === 'done') say('done', task.id, task.result ?? '');
});
for (let at = 0; ; at++) {
  const answers = [0, 1, 2].map((owner) => room.submitAs(owner, `${name} ${at} ${owner}`));
  for (const { task } of await Promise.all(answers)) say('submitted', task);
}
