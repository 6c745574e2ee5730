/** Records of a series are those of its events, byte for byte. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cubeIdFromBytes, formatSherinId, parseNamespace } from '../../common/ids.js';
import type { AuditActor, AuditEvent } from './event.js';
import { PreparedByIds, partsOf, prepare, prepareSeries } from './record.js';

const actor: fc.Arbitrary<AuditActor> = fc.record({
  uid: fc.option(fc.nat()),
  pid: fc.option(fc.nat()),
  exe: fc.option(fc.oneof(fc.constant('"about":"x"'), fc.string({ unit: 'grapheme', maxLength: 40 }))),
});
const value = fc.oneof(
  fc.constantFrom('"about":"a"', 'about', '","about":"a","', '\\', null, true),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const names = fc.constantFrom('about', 'abouT', 'a', 'decision', 'zone', 'z');
const event: fc.Arbitrary<AuditEvent> = fc.record({
  event: fc.constantFrom('AUDIT_POLICY_EVALUATED', 'AUDIT_TASK_SEEN'),
  id: fc.option(fc.stringMatching(/^[A-Z]{1,8}$/)),
  actor,
  meta: fc.dictionary(names, value, { maxKeys: 5 }),
});
const about = fc.array(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/), {
  minLength: 1,
  maxLength: 8,
});

it('gives the lines of its events', () => {
  fc.assert(
    fc.property(event, about, (one, ids) => {
      const each = ids.map((id) => prepare({ ...one, meta: { ...one.meta, about: id } }));
      const series = prepareSeries({ ...one, about: ids });
      expect(series).toEqual(each);
      expect(partsOf(series)).toEqual(partsOf(each));
    }),
    { numRuns: 200 },
  );
});

const tag = fc.uint8Array({ minLength: 16, maxLength: 16 });
const id = fc.oneof(
  fc
    .tuple(fc.stringMatching(/^[A-Z][A-Z0-9-]{0,15}$/), tag)
    .map(([namespace, tag]) =>
      formatSherinId({ namespace: parseNamespace(namespace), date: 20260101, tag: Buffer.from(tag) }),
    ),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => cubeIdFromBytes(Buffer.from(bytes))),
);

it('gives the lines of events that differ by their IDs', () => {
  fc.assert(
    fc.property(event, fc.array(id, { minLength: 1, maxLength: 8 }), (one, ids) => {
      const each = ids.map((id) => prepare({ ...one, id }));
      const byIds = new PreparedByIds(one);
      expect(ids.map((id) => byIds.of(id))).toEqual(each);
    }),
    { numRuns: 200 },
  );
});

const plain: AuditEvent = {
  ...{ event: 'AUDIT_POLICY_EVALUATED', id: null, meta: {} },
  actor: { uid: 1, pid: 2, exe: 'sherind' },
};
const refused = expect.objectContaining({ code: 'AUDIT_UNWRITABLE' });

it.each(['', '"', 'a b', 'é', 'a'.repeat(65), '$&'])('takes no %j for what it is about', (name) => {
  expect(() => prepareSeries({ ...plain, about: ['a', name] })).toThrow(refused);
});

it('refuses what an event is refused for', () => {
  const long = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`m${at}`, 'x'.repeat(430)]));
  for (const wrong of [
    { event: 'OTHER' },
    { id: 'x'.repeat(65) },
    { meta: { claimedTs: 1 } },
    { meta: long },
  ])
    expect(() => prepareSeries({ ...plain, ...wrong, about: ['a'.repeat(64)] })).toThrow(refused);
});
