import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { FreezeMark } from '../../common/freeze-mark.js';
import type { Stop } from '../../common/policy-scales.js';
import { DaemonDatabase } from '../database/database.js';
import type { Change, PolicyEvent } from '../policy/change.js';
import { firstState, type PolicyState } from '../policy/state.js';
import { PolicyCache } from './policy-cache.js';
import { PolicyKeeper, type VaultPolicy } from './policy-keeper.js';
import { UnrecordedStops } from './unrecorded-stops.js';

const event: PolicyEvent = { event: 'AUDIT_POLICY_EVALUATED', id: null, meta: {} };
const look = (state: PolicyState): Change => ({ state, events: [event] });

let directory: string;
let database: DaemonDatabase;
let keeper: PolicyKeeper;
/** Answers to records that are under way, in their order. */
let recording: { readonly appended: () => void; readonly refused: (error: Error) => void }[];
let written: PolicyState[];
/** Who is named for each stop that was set, and what is said of it. */
let setters: { readonly uid: number | undefined; readonly meta: object }[];
/** What the vault answers instead. */
let closed: SherinError | null;
let stored: PolicyState;
/** What happens while the vault takes a change, and once it has. */
let taking: () => void;
let taken: () => void;

/** As sherind does when it starts. */
function start(): void {
  const log = pino({ level: 'silent' });
  const opened = <T>(value: T): T => {
    if (closed !== null) throw closed;
    return value;
  };
  const vault: VaultPolicy = {
    read: async () => opened(stored),
    write: async (state, events, caller) => {
      opened(state);
      taking();
      await setImmediate();
      stored = opened(state);
      taken();
      written.push(state);
      for (const { event, meta } of events)
        if (event === 'AUDIT_POLICY_STOP') setters.push({ uid: caller?.uid, meta });
    },
    freeze: async () => opened(undefined),
    record: () =>
      new Promise<void>((resolve, reject) => {
        recording.push({ appended: resolve, refused: reject });
      }),
  };
  const [cache, mark] = [new PolicyCache(database), new FreezeMark(directory)];
  keeper = new PolicyKeeper({ vault, cache, mark, log, stops: new UnrecordedStops(database, log) });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-keeper-'));
  database = DaemonDatabase.open(directory);
  [recording, written, setters] = [[], [], []];
  [closed, stored] = [null, firstState];
  taking = taken = () => undefined;
  start();
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

describe('a stop that is set while the vault is locked', () => {
  const admin = (uid: number) => ({ uid, gid: uid, groups: [], pid: 7 });
  const lock = (): void => {
    closed = new SherinError('LOCKED');
  };
  const supervised = (state: PolicyState): Change => ({
    state: { ...state, version: state.version + 1, mode: 'supervised' },
    events: [],
  });

  it('is recorded as set by who set it, whoever comes next', async () => {
    lock();
    keeper.setStop('on', admin(7)).catch(() => undefined);
    await keeper.setStop('on', admin(8)).catch(() => undefined);
    await keeper.setStop('freeze', admin(9));
    closed = null;
    await keeper.change(supervised, admin(10));
    expect(setters).toEqual([
      { uid: 7, meta: { from: 'off', to: 'on' } },
      { uid: 9, meta: { from: 'on', to: 'freeze' } },
    ]);
    await keeper.setStop('off', admin(10));
    await keeper.opened();
    expect(setters.slice(2)).toEqual([{ uid: 10, meta: { from: 'freeze', to: 'off' } }]);
    expect(keeper.stop).toBe('off');
  });

  it('is, after a restart, recorded by sherind, which says whom its copy names', async () => {
    lock();
    await keeper.setStop('on', admin(7));
    start();
    expect(keeper.stop).toBe('on');
    closed = null;
    await keeper.change(supervised, admin(10));
    expect(setters).toEqual([{ uid: undefined, meta: { from: 'off', to: 'on', uid: 7, source: 'copy' } }]);
    start();
    await keeper.opened();
    expect(setters).toHaveLength(1);
  });
});

it('a stop that could not be recorded is not taken back by the next change', async () => {
  closed = new SherinError('AUDIT_UNWRITABLE', { part: 'no space' });
  await keeper.setStop('on', null);
  closed = null;
  await keeper.change(
    (state) => ({ state: { ...state, version: state.version + 1, mode: 'supervised' }, events: [] }),
    null,
  );
  expect([keeper.stop, stored.stop, stored.mode]).toEqual(['on', 'on', 'supervised']);
});

describe('a stop that is set while the vault takes another change', () => {
  const supervised = (state: PolicyState): Change => ({
    state: { ...state, version: state.version + 1, mode: 'supervised' },
    events: [],
  });
  const admin = (uid: number) => ({ uid, gid: uid, groups: [], pid: 7 });
  /** Sets it in the middle of the change; what held from then on. */
  async function during(change: () => Promise<unknown>, stop: Stop, fault?: SherinError): Promise<unknown> {
    const mark = new FreezeMark(directory);
    const held = new Set<string>();
    let set: Promise<void> | null = null;
    taking = () => {
      if (set !== null) return;
      set = keeper.setStop(stop, admin(9));
      keeper.watch(() => held.add(mark.there ? `${keeper.stop}, marked` : keeper.stop));
    };
    taken = () => {
      closed = fault ?? null;
    };
    await change();
    await set;
    return [...held];
  }

  it('holds, and is recorded as set by who set it', async () => {
    expect(await during(() => keeper.change(supervised, admin(7)), 'on')).toEqual(['on']);
    expect([keeper.stop, stored.stop, stored.mode]).toEqual(['on', 'on', 'supervised']);
    expect(setters).toEqual([{ uid: 9, meta: { from: 'off', to: 'on' } }]);
  });

  it('holds where the vault does not take it, through a restart, too', async () => {
    const full = new SherinError('AUDIT_UNWRITABLE', { part: 'no space' });
    const held = await during(() => keeper.change(supervised, admin(7)), 'freeze', full);
    expect(held).toEqual(['freeze, marked']);
    expect([keeper.stop, stored.stop, stored.mode]).toEqual(['freeze', 'off', 'supervised']);
    start();
    expect(keeper.stop).toBe('freeze');
    [closed, taken] = [null, () => undefined];
    await keeper.opened();
    const meta = { from: 'off', to: 'freeze', uid: 9, source: 'copy' };
    expect([stored.stop, setters]).toEqual(['freeze', [{ uid: undefined, meta }]]);
  });

  it('holds where that is an earlier stop, and each has who set it', async () => {
    closed = new SherinError('LOCKED');
    await keeper.setStop('on', admin(7));
    closed = null;
    expect(await during(() => keeper.opened(), 'freeze')).not.toContain('on');
    expect([keeper.stop, stored.stop]).toEqual(['freeze', 'freeze']);
    expect(setters).toEqual([
      { uid: 7, meta: { from: 'off', to: 'on' } },
      { uid: 9, meta: { from: 'on', to: 'freeze' } },
    ]);
  });
});

describe('the copy in the database of sherind', () => {
  const supervised = { ...firstState, version: 2, mode: 'supervised' } as const;
  const events = (): unknown[] => written.map(({ mode, stop }) => [mode, stop]);

  /** What somebody, or a crash, has left there while sherind was not running. */
  async function left(copy: PolicyState): Promise<void> {
    new PolicyCache(database).write(copy);
    start();
    await keeper.opened();
  }

  it.each([
    ['mode', { mode: 'autonomous' }],
    ['floor', { floor: { confidence: 0, empathy: 0, safety: 0 } }],
    ['switch for modifications', { modification: false }],
    ['version', { version: 9 }],
  ] as const)('with another %s gains nothing, and is written anew', async (_, over) => {
    stored = supervised;
    await left({ ...supervised, ...over });
    expect(keeper.known).toEqual(supervised);
    expect(new PolicyCache(database).read()).toEqual(supervised);
    // With the record that says so (daemon/engine/policy-keeper.ts).
    expect(events()).toEqual([['supervised', 'off']]);
  });

  it('without the stop that the vault has does not end it', async () => {
    stored = { ...supervised, stop: 'on' };
    await left(supervised);
    expect([keeper.stop, stored.stop]).toEqual(['on', 'on']);
  });

  it('that a crash kept from being cleared keeps the stop on', async () => {
    stored = { ...supervised, version: 3 };
    await left({ ...supervised, stop: 'on' });
    expect([keeper.stop, stored.stop]).toEqual(['on', 'on']);
  });
});
