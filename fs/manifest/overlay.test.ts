/** What changes above a snapshot, and above other changes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyState } from './empty-state.js';
import { Overlay } from './overlay.js';
import type { EntryState } from './state.js';

const entry: EntryState = { ino: 10, kind: 'file', policy: 'user' };
const directory = 1;

it('keeps nothing of names that came and went above a snapshot', () => {
  const committed = new Overlay(emptyState);
  for (const name of ['a', 'b', 'c']) {
    const made = new Overlay(committed);
    made.setEntry(directory, name, entry);
    committed.absorb(made);
    const gone = new Overlay(committed);
    gone.removeEntry(directory, name);
    committed.absorb(gone);
    expect(committed.changedEntry(directory, name)).toBeUndefined();
  }
  expect([...committed.list(directory, null)]).toEqual([]);
});

it('hides a name that came and went here, though the changes below come to have it', () => {
  const committed = new Overlay(emptyState);
  const seen = new Overlay(committed);
  seen.setEntry(directory, 'a', entry);
  seen.removeEntry(directory, 'a');
  const batch = new Overlay(committed);
  batch.setEntry(directory, 'a', entry);
  committed.absorb(batch);
  expect(seen.entry(directory, 'a')).toBeUndefined();
  expect([...seen.list(directory, null)]).toEqual([]);
});

const names = ['a', 'b', 'c', 'd'];
const step = fc.record({
  name: fc.constantFrom(...names),
  does: fc.constantFrom('set', 'remove', 'list', 'absorb', 'snapshot' as const),
});

it('lists what a plain map holds, in order, whatever comes, goes and is absorbed between listings', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Map<string, EntryState>();
      let committed = new Overlay(emptyState);
      let batch = new Overlay(committed);
      const expectSame = (state: Overlay): void => {
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
        expect([...state.list(directory, null)]).toEqual(sorted);
        expect([...state.list(directory, 'b')]).toEqual(sorted.filter(([name]) => name > 'b'));
      };
      for (const { name, does } of steps) {
        if (does === 'set') {
          const made = { ...entry, ino: 10 + model.size };
          batch.setEntry(directory, name, made);
          model.set(name, made);
        } else if (does === 'remove' && model.delete(name)) batch.removeEntry(directory, name);
        else if (does === 'list') expectSame(batch);
        else if (does === 'absorb') {
          committed.absorb(batch);
          batch = new Overlay(committed);
          expectSame(committed);
        } else if (does === 'snapshot') {
          committed.absorb(batch);
          const frozen = new Map(model);
          committed = new Overlay({
            ...emptyState,
            entry: (_, wanted) => frozen.get(wanted),
            list: (_, after) =>
              [...frozen]
                .filter(([each]) => after === null || each > after)
                .sort(([a], [b]) => (a < b ? -1 : 1)),
          });
          batch = new Overlay(committed);
        }
      }
      expectSame(batch);
    }),
    { numRuns: 1000 },
  );
});
