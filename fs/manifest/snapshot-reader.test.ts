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
