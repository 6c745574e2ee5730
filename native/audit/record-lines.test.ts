import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jcs } from '../../common/jcs.js';
import { chainWith } from '../../fs/audit/chain.fixture.js';
import { partsOf, prepare } from '../../fs/audit/record.js';
import { Keyring } from '../index.js';

const keyring = Keyring.generate(randomBytes(16));
const noRecord = { size: 0, prev: Buffer.alloc(32), subtrees: Buffer.alloc(0) };
const reference = chainWith((data) => keyring.hmac('audit', data));

const events = fc.array(
  fc.record({
    event: fc.constantFrom('AUDIT_OPEN', 'AUDIT_DENIED'),
    id: fc.option(fc.constant('FILES_20260101_0123456789abcdef0123456789abcdef')),
    actor: fc.record({
      uid: fc.option(fc.nat()),
      pid: fc.option(fc.nat()),
      exe: fc.option(fc.string({ unit: 'binary', maxLength: 40 })),
    }),
    meta: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.string(), fc.nat(), fc.boolean()), {
      maxKeys: 4,
    }),
  }),
  { maxLength: 20 },
);

test('records are chained and authenticated as FORMAT.md says', () => {
  fc.assert(
    fc.property(events, fc.nat(), (group, size) => {
      const subtrees = Buffer.concat([...size.toString(2).replaceAll('0', '')].map(() => randomBytes(32)));
      const end = { size, prev: randomBytes(32), subtrees };
      const ts = '2026-01-01T00:00:00.000Z';
      const parts = partsOf(group.map(prepare));
      const chained = keyring.chainRecords(parts, ts, end);
      expect(chained).toEqual(reference(parts, ts, end));
      for (const line of chained.lines.toString('utf8').split('\n').slice(0, -1))
        expect(jcs(JSON.parse(line))).toBe(line);
    }),
  );
});

test('what are not pairs of lines is refused', () => {
  const chain = (parts: string) => keyring.chainRecords(Buffer.from(parts), 'now', noRecord);
  for (const parts of ['x', 'x\n', 'x\ny', 'x\ny\nz\n'])
    expect(() => chain(parts), parts).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  expect(chain('')).toEqual({ lines: Buffer.alloc(0), end: noRecord });
});

test('subtrees that do not fit the number of records are refused', () => {
  for (const size of [1, 2, 6])
    for (const count of [0, 1, 2, 3].filter((count) => count !== size.toString(2).replaceAll('0', '').length))
      expect(() =>
        keyring.chainRecords(Buffer.from('x\ny\n'), 'now', {
          ...noRecord,
          size,
          subtrees: randomBytes(32 * count),
        }),
      ).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  const partial = { ...noRecord, size: 1, subtrees: randomBytes(33) };
  expect(() => keyring.chainRecords(Buffer.from('x\ny\n'), 'now', partial)).toThrowError(RangeError);
});

test('a wiped keyring makes no records', () => {
  const wiped = Keyring.generate(randomBytes(16));
  wiped.wipe();
  expect(() => wiped.chainRecords(Buffer.from('x\ny\n'), 'now', noRecord)).toThrowError(
    expect.objectContaining({ code: 'EWIPED' }),
  );
});
