/** common/ against the reference: two implementations of one rule must agree everywhere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base32Decode, base32Encode } from '../../common/base32.js';
import { parseSherinId, isSherinId as productIsSherinId } from '../../common/ids.js';
import { jcs as productJcs } from '../../common/jcs.js';
import * as product from '../../common/merkle.js';
import { fromBase32, toBase32 } from './base32.js';
import { type Json, jcs } from './json.js';
import { mth, rootOfBlocks } from './merkle.js';
import { isSherinId } from './sherin-id.js';

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

describe('common and reference agree', () => {
  it('on base32', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(base32Encode(bytes)).toBe(toBase32(bytes));
      }),
    );
    const text = fc.string({ unit: fc.constantFrom(...'abcdefgz234567', '1', 'A', '=') });
    fc.assert(
      fc.property(text, (candidate) => {
        expect(base32Decode(candidate) !== undefined).toBe(accepts(() => fromBase32(candidate)));
      }),
    );
  });

  it('on canonical JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(productJcs(value)).toBe(jcs(value as Json));
      }),
    );
  });

  it('on Merkle roots', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 40 });
    fc.assert(
      fc.property(entries, (leaves) => {
        expect(product.rootOfLeaves(leaves.map(product.leafHash))).toEqual(Buffer.from(mth(leaves)));
      }),
    );
    const blocks = fc.integer({ min: 0, max: 70_000 }).map((length) => new Uint8Array(length).fill(length));
    fc.assert(
      fc.property(blocks, (data) => {
        expect(product.rootOfBlocks(data)).toEqual(Buffer.from(rootOfBlocks(data)));
      }),
      { numRuns: 30 },
    );
  });

  it('on Sherin IDs', () => {
    const part = (unit: string, most: number) =>
      fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: most });
    const days = fc.oneof(
      part('0123456789', 9),
      fc.constantFrom('20260101', '20260229', '20240229', '20261301', '19691231', '19700101', '00010101'),
    );
    const hex = fc.oneof(part('0123456789abcdefA', 33), fc.constant('0123456789abcdef0123456789abcdef'));
    const ids = fc.tuple(part('ABZ09-a', 17), days, hex).map((parts) => parts.join('_'));
    fc.assert(
      fc.property(ids, (id) => {
        expect(accepts(() => parseSherinId(id))).toBe(isSherinId(id));
        expect(productIsSherinId(id)).toBe(isSherinId(id));
      }),
      { numRuns: 500 },
    );
  });
});
