/** What waits for a person: approved, it is done once; what nobody could do stays where it is. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmotionalState } from '../../daemon/emotion/emotional-state.js';
import { Engine } from '../../daemon/engine/engine.js';
import { FsLink } from '../../daemon/fs-link.js';
import { policyHandlers } from '../../daemon/methods/policy.js';
import { root, silent } from '../../daemon/socket/daemon.fixture.js';
import { Machine } from '../vault/machine.js';

let machine: Machine;
let fs: FsLink;
let engine: Engine;

beforeAll(() => {
  machine = Machine.start();
  fs = new FsLink(join(machine.home, 'run/sherin-fs.sock'));
  const directory = join(machine.home, 'engine');
  mkdirSync(directory, { mode: 0o700 });
  engine = new Engine(directory, { fs, emotions: new EmotionalState(), log: silent });
});
afterAll(() => {
  engine.close();
  fs.close();
  machine.end();
});

it('is approved once, and not at all before somebody can do it', async () => {
  const action = { type: 'gc', level: 'MEDIUM', risk: null, action_id: 'gc-1' } as const;
  const about = { component: 'upkeep', reasoning: 'space', rollback: 'none' };
  const verdict = await engine.policy.consider({ ...action, ...about }, engine.policy.feelings(), null);
  expect(verdict.decision).toBe('pending_review');
  const handlers = policyHandlers(() => engine);
  const approve = () => handlers['policy.approve']({ action_id: 'gc-1' }, root);
  const waiting = async () => (await handlers['policy.get']({}, root)).waiting;

  await expect(approve()).rejects.toMatchObject({ code: 'ACTION_UNKNOWN' });
  expect(await waiting()).toBe(1);

  const done: string[] = [];
  engine.approved.on('gc', ({ action_id }) => void done.push(action_id));
  const answers = await Promise.allSettled([approve(), approve()]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(done).toEqual(['gc-1']);
  expect(await waiting()).toBe(0);
});
