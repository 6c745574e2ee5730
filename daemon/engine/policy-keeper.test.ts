import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { FreezeMark } from '../../common/freeze-mark.js';
import { DaemonDatabase } from '../database/database.js';
import type { Change, PolicyEvent } from '../policy/change.js';
import { firstState, type PolicyState } from '../policy/state.js';
import { PolicyCache } from './policy-cache.js';
import { PolicyKeeper } from './policy-keeper.js';

const event: PolicyEvent = { event: 'AUDIT_POLICY_EVALUATED', id: null, meta: {} };
const look = (state: PolicyState): Change => ({ state, events: [event] });

let directory: string;
let database: DaemonDatabase;
let keeper: PolicyKeeper;
/** Answers to records that are under way, in their order. */
let recording: { readonly appended: () => void; readonly refused: (error: Error) => void }[];
let written: PolicyState[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-keeper-'));
  database = DaemonDatabase.open(directory);
  [recording, written] = [[], []];
  const vault = {
    read: async () => firstState,
    write: async (state: PolicyState) => void written.push(state),
    freeze: async () => undefined,
    record: () =>
      new Promise<void>((resolve, reject) => {
        recording.push({ appended: resolve, refused: reject });
      }),
  };
  const mark = new FreezeMark(directory);
  keeper = new PolicyKeeper({
    vault,
    cache: new PolicyCache(database),
    mark,
    log: pino({ level: 'silent' }),
  });
  await keeper.opened();
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

it('records evaluations together, and answers each once it is on record', async () => {
  let answered = 0;
  const looks = [1, 2, 3].map(() => keeper.change(look, null).then(() => answered++));
  while (recording.length < 3) await setImmediate();
  expect(answered).toBe(0);
  recording[1]?.appended();
  await looks[1];
  expect(answered).toBe(1);
  for (const { appended } of recording) appended();
  await Promise.all(looks);
});

it('answers none that could not be recorded, and a change of the state does not wait for it', async () => {
  const lost = keeper.change(look, null);
  while (recording.length < 1) await setImmediate();
  await keeper.change((state) => ({ state: { ...state, stop: 'on' }, events: [event] }), null);
  expect([keeper.stop, written.at(-1)?.stop]).toEqual(['on', 'on']);
  recording[0]?.refused(new SherinError('AUDIT_UNWRITABLE', { part: 'no space' }));
  await expect(lost).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
});

it('tells everybody of an emergency stop, whoever of them fails', async () => {
  const heard: string[] = [];
  keeper.watch(() => {
    throw new Error('not this one');
  });
  keeper.watch(() => heard.push(keeper.stop));
  await keeper.setStop('on', null);
  expect(heard).toContain('on');
  expect(written.at(-1)?.stop).toBe('on');
});
