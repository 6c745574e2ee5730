import { expect, it } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { Frontier } from '../../common/merkle.js';
import { apply } from './apply.js';
import { emptyState } from './empty-state.js';
import { Overlay } from './overlay.js';
import { snapshotSections } from './snapshot-layout.js';
import { Snapshot } from './snapshot-reader.js';
import { writeSnapshot } from './snapshot-writer.js';
import { make, putOf } from './testing/fixture.js';

it('refuses an index that leads to no object', () => {
  const state = new Overlay(emptyState);
  const put = putOf(1, Buffer.from('content'));
  for (const one of [...make(1, 0, 'x').slice(0, 1), put])
    apply(state, one, { index: 0, time: 1n, mayCreate: () => true });
  const bytes = writeSnapshot(state, new Frontier());
  const good = new Snapshot(Buffer.from(bytes));
  expect(good.objectNumber(put.id.tag, put.id.namespace)).toBe(1);
  for (const number of [0, 2, 0xffff_ffff]) {
    const bad = Buffer.from(bytes);
    bad.writeUInt32LE(number, snapshotSections(good.counts).index);
    expect(() => new Snapshot(bad).objectNumber(put.id.tag, put.id.namespace)).toThrow(MalformedBytes);
  }
});

it('finds every object by its tag, those that begin alike, too', () => {
  const state = new Overlay(emptyState);
  const context = { index: 0, time: 1n, mayCreate: () => true };
  for (const one of make(1, 0, 'x').slice(0, 1)) apply(state, one, context);
  const starts = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const tags = starts.flatMap((start) =>
    [0, 1, 0xff].map((end) => {
      const tag = Buffer.alloc(16, end);
      tag.writeUInt32BE(start, 0);
      return tag;
    }),
  );
  const { id, ...put } = putOf(1, Buffer.from('content'));
  for (const tag of tags) apply(state, { ...put, id: { ...id, tag } }, context);
  const snapshot = new Snapshot(writeSnapshot(state, new Frontier()));
  for (const [index, tag] of tags.entries()) {
    expect(snapshot.objectNumber(tag, id.namespace)).toBe(index + 1);
    expect(snapshot.objectNumber(tag, 'OTHER')).toBeUndefined();
  }
  expect(snapshot.objectNumber(Buffer.alloc(16, 2), id.namespace)).toBeUndefined();
});
