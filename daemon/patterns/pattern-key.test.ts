import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idOf, question } from './pattern.fixture.js';
import { patternKey, type Question } from './pattern-key.js';

const hexOf = (change: Partial<Question> = {}) => patternKey(question(change)).toString('hex');

it('a key is the SHA-256 of a text that can be written by hand', () => {
  const tag = createHash('sha256').update('a question').digest('hex').slice(0, 32);
  const text = `["sherin pattern 1","${tag}","calculations","arithmetic","compute","calculator","1.0",["pure"]]`;
  expect(hexOf()).toBe(createHash('sha256').update(text).digest('hex'));
});

it('day and namespace of the request play no part; all else does', () => {
  for (const place of ['FILES_20260101', 'INBOX_20270228', 'A_19700101']) {
    expect(hexOf({ request: idOf('a question', place) })).toBe(hexOf());
  }
  const others: Partial<Question>[] = [
    { request: idOf('another question') },
    { domain: 'mathematics' },
    { department: 'statistics' },
    { class: 'convert' },
    { bot: 'calculator2' },
    { botVersion: '1.1' },
    { inputs: { namespace: 'FILES', head: 'a1' } },
    { inputs: { namespace: 'FILES', head: 'a2' } },
    { inputs: { namespace: 'LIBRARY', head: 'a1' } },
    { objects: [idOf('a collection')] },
    { objects: [idOf('another collection')] },
    { objects: [idOf('a collection'), idOf('another collection')] },
    { objects: [idOf('another collection'), idOf('a collection')] },
  ];
  const keys = [{}, ...others].map(hexOf);
  expect(new Set(keys).size).toBe(others.length + 1);
});

it('two questions share a key only if they are one', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', '"', ',', '[', '\\', '@'),
    minLength: 1,
    maxLength: 3,
  });
  const inputs = fc.oneof(fc.constant('pure' as const), fc.record({ namespace: name, head: name }));
  const any = fc.record({ domain: name, department: name, class: name, bot: name, botVersion: name, inputs });
  fc.assert(
    fc.property(any, any, (one, other) => {
      const equal = JSON.stringify(question(one)) === JSON.stringify(question(other));
      expect(hexOf(one) === hexOf(other)).toBe(equal);
    }),
    { numRuns: 500 },
  );
});

it('what is no Sherin ID has no key', () => {
  const request = 'x'.repeat(50) as ReturnType<typeof idOf>;
  expect(() => hexOf({ request })).toThrow(expect.objectContaining({ code: 'ID_MALFORMED' }));
});
