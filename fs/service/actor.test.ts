import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { actorOf } from './actor.js';

it('who asks again is named as before, also when his process has ended; another one of its number is not', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const caller = { uid: 1001, gid: 1001, pid: child.pid ?? 0 };
  const actor = actorOf(caller);
  expect(actor).toEqual({ uid: 1001, pid: child.pid, exe: 'sleep' });
  child.kill();
  await once(child, 'exit');
  expect(actorOf(caller)).toEqual(actor);
  expect(actorOf({ ...caller })).toEqual({ ...actor, exe: null });
});
