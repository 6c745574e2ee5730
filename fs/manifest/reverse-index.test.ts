/** The way back in states that stand above another's, against a walk over all names. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyState } from './empty-state.js';
import { Overlay } from './overlay.js';
import { type PolicyTag, policyTags } from './records.js';
import { ReverseAbove, ReverseIndex, type ReverseLookup } from './reverse-index.js';

const inodes = [10, 11, 12];
const places = [1, 3].flatMap((parent) => ['a', 'b', 'c'].map((name) => ({ parent, name })));
type Place = (typeof places)[number];

/** A name that comes to lead to an inode, or goes. */
interface Change {
  readonly place: Place;
  readonly ino: number | null;
  readonly policy: PolicyTag;
}
const layer: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    place: fc.constantFrom(...places),
    ino: fc.constantFrom(null, ...inodes),
    policy: fc.constantFrom(...policyTags),
  }),
  { maxLength: 12 },
);

function make(state: Overlay, changes: readonly Change[], note: (ino: number, place: Place) => void): void {
  for (const { place, ino, policy } of changes) {
    const { parent, name } = place;
    if (ino !== null) {
      state.setEntry(parent, name, { ino, kind: 'file', policy });
      note(ino, place);
    } else if (state.entry(parent, name) !== undefined) state.removeEntry(parent, name);
  }
}

const text = (links: readonly object[]): string[] => links.map((link) => JSON.stringify(link)).sort();

/** All names that lead to an inode, once each, as they stand now. */
function isRight(reverse: ReverseLookup, state: Overlay): void {
  for (const ino of inodes) {
    const walked = places.flatMap(({ parent, name }) => {
      const entry = state.entry(parent, name);
      return entry?.ino === ino ? [{ parent, name, entry }] : [];
    });
    expect(text(reverse.linksOf(ino))).toEqual(text(walked));
  }
}

it('leads to every name of an inode once, as it is now, however many states stand above each other', () => {
  fc.assert(
    fc.property(layer, layer, fc.array(layer, { maxLength: 3 }), (first, second, above) => {
      let state = new Overlay(emptyState);
      const index = new ReverseIndex(null, state);
      make(state, first, () => undefined);
      isRight(index, state);
      const batch = new Overlay(state);
      make(batch, second, () => undefined);
      index.note(batch);
      state.absorb(batch);
      isRight(index, state);
      let reverse: ReverseLookup = index;
      for (const changes of above) {
        state = new Overlay(state);
        const next = new ReverseAbove(reverse, state);
        make(state, changes, (ino, place) => next.note(ino, place));
        isRight(next, state);
        reverse = next;
      }
    }),
    { numRuns: 2000 },
  );
});
