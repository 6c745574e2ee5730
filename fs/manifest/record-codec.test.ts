import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { decodeRecord, encodeRecord } from './record-codec.js';
import type { LogRecord } from './records.js';
import { anyTime, mutation } from './testing/arbitraries.js';
import { putOf } from './testing/fixture.js';

/** Decodes, or undefined where the bytes are refused the way they should be: as malformed, or as of a later version where they say so. */
function decoded(bytes: Uint8Array): LogRecord | undefined {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    if (error instanceof SherinError && error.code === 'FORMAT_NEWER' && saysLater(bytes)) return undefined;
    throw error;
  }
}

/** FORMAT.md, "Records": the version is the second byte. */
function saysLater(bytes: Uint8Array): boolean {
  return (bytes[1] ?? 0) > 1;
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

  it('hash to something new at every put and layout', () => {
    const put = putOf(1, Buffer.from('content'));
    const layout = { type: 'layout', object: 1, node: put.node } as const;
    for (const made of [put, layout]) expect(encodeRecord(made, 0n)).not.toEqual(encodeRecord(made, 0n));
  });

  it('of type layout are refused with object 0 and with what is no index node', () => {
    const { node } = putOf(1, Buffer.from('content'));
    const bytes = encodeRecord({ type: 'layout', object: 1, node }, 0n);
    expect(decoded(bytes)).toEqual({ mutation: { type: 'layout', object: 1, node }, time: 0n });
    // Type, version, time; number; random; length of the node.
    const [number, from] = [12, 12 + 8 + 16 + 4];
    expect(decoded(Buffer.from(bytes).fill(0, number, number + 8))).toBeUndefined();
    expect(decoded(Buffer.from(bytes).fill(0, from, from + 1))).toBeUndefined();
    expect(decoded(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
    const whole = Buffer.concat([bytes, Buffer.alloc(1)]);
    whole.writeUInt32LE(node.length + 1, from - 4);
    expect(decoded(whole)).toBeUndefined();
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
        if (record === undefined || 'node' in record.mutation) return;
        expect(encodeRecord(record.mutation, record.time)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse any other bytes without a crash', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 13 }), fc.uint8Array({ maxLength: 200 }), (type, body) => {
        decoded(Buffer.concat([Buffer.from([type, 1, 0, 0]), body]));
      }),
      { numRuns: 2000 },
    );
  });
});
