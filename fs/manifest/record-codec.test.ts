import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { decodeRecord, encodeRecord } from './record-codec.js';
import type { LogRecord } from './records.js';
import { anyTime, mutation } from './testing/arbitraries.js';
import { putOf } from './testing/fixture.js';

/** Decodes, or undefined where the bytes are refused the way they should be. */
function decoded(bytes: Uint8Array): LogRecord | undefined {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

describe('records', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(mutation, anyTime, (made, time) => {
        expect(decodeRecord(encodeRecord(made, time))).toEqual({ mutation: made, time });
      }),
      { numRuns: 500 },
    );
  });

  it('hash to something new at every put', () => {
    const put = putOf(1, Buffer.from('content'));
    expect(encodeRecord(put, 0n)).not.toEqual(encodeRecord(put, 0n));
  });

  it('are refused when they end early or late', () => {
    fc.assert(
      fc.property(mutation, fc.nat(), (made, cut) => {
        const bytes = encodeRecord(made, 0n);
        expect(decoded(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        expect(decoded(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeUndefined();
      }),
    );
  });

  it('never decode to something else than they say when bytes change', () => {
    fc.assert(
      fc.property(mutation, fc.nat(), fc.integer({ min: 1, max: 255 }), (made, at, change) => {
        const bytes = encodeRecord(made, 1n);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ change;
        const record = decoded(bytes);
        if (record === undefined || record.mutation.type === 'put') return;
        expect(encodeRecord(record.mutation, record.time)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse any other bytes without a crash', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.uint8Array({ maxLength: 200 }), (type, body) => {
        decoded(Buffer.concat([Buffer.from([type, 1, 0, 0]), body]));
      }),
      { numRuns: 2000 },
    );
  });
});
