import { describe, expect, it } from 'vitest';
import { auditEventSchema } from './engine.js';

const fits = (meta: unknown) =>
  auditEventSchema.safeParse({ event: 'AUDIT_TASK_DONE', id: null, meta }).success;

describe('what is said of an audit event', () => {
  it.each([{ meta: {} }, { meta: { a: 'short-name.1', b: -1.5, c: false, d: null, eF9: 'x'.repeat(64) } }])(
    'takes $meta',
    ({ meta }) => {
      expect(fits(meta)).toBe(true);
    },
  );

  it.each([
    { meta: undefined },
    { meta: null },
    { meta: [] },
    { meta: 'a' },
    { meta: { a: 'two words' } },
    { meta: { a: '' } },
    { meta: { a: 'a\n' } },
    { meta: { a: 'x'.repeat(65) } },
    { meta: { a: '/path' } },
    { meta: { a: {} } },
    { meta: { a: [1] } },
    { meta: { a: undefined } },
    { meta: { a: Number.NaN } },
    { meta: { A: 1 } },
    { meta: { [`a${'b'.repeat(32)}`]: 1 } },
    { meta: JSON.parse('{"__proto__": 1}') },
  ])('refuses $meta', ({ meta }) => {
    expect(fits(meta)).toBe(false);
  });
});
