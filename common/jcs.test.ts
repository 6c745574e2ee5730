import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jcs } from './jcs.js';

const library = canonicalize as unknown as (value: unknown) => string;

describe('jcs', () => {
  it('gives what the library gives', () => {
    const scalar = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const flat = fc.dictionary(fc.string({ unit: 'binary' }), scalar);
    const nested = fc.dictionary(fc.string(), fc.oneof(scalar, flat, fc.constant(undefined)));
    const value = fc.oneof(scalar, flat, fc.jsonValue(), nested, fc.dictionary(fc.string(), nested));
    fc.assert(
      fc.property(value, (one) => {
        expect(jcs(one)).toBe(library(one));
      }),
    );
  });

  it('gives what the library gives, however deep, and refuses a circle', () => {
    let value: unknown = { b: 1, a: null };
    for (let depth = 0; depth < 10; depth++) {
      expect(jcs(value)).toBe(library(value));
      value = { c: value, a: depth };
    }
    const circle: Record<string, unknown> = {};
    circle.a = { circle };
    expect(() => jcs(circle)).toThrow('Circular');
  });

  it('sorts names by UTF-16 code units, and leaves out what is undefined', () => {
    expect(jcs({ '\ufb01': 1, '😀': 2, b: 3, a: undefined })).toBe('{"b":3,"😀":2,"\ufb01":1}');
  });

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['\ud800'],
    [{ a: '\udc00' }],
    [{ '\ud800': 1 }],
    [{ a: Number.NaN }],
    [{ a: { b: Number.NaN } }],
    [{ a: { b: '\ud800' } }],
    [undefined],
  ])('refuses %j, which has no canonical form', (value) => {
    expect(() => jcs(value)).toThrow();
  });
});
