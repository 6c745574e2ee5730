import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCubeHeader } from '../index.js';
import { buildCube } from './cube.fixture.js';

const { cube, file } = buildCube(randomBytes(200_000), randomBytes(32), randomBytes(16));
const header = file.subarray(0, 4096);

function changed(change: (header: Buffer) => void): Buffer {
  const copy = Buffer.from(header);
  change(copy);
  return copy;
}

/** Lower bits 0–1 of the flags select the pad mode. */
function padded(mode: number, count: number, last: number): string | null {
  const bytes = changed((copy) => {
    copy.writeUInt32LE(mode, 12);
    copy.writeUInt32LE(count, 80);
    copy.writeUInt32LE(last, 84);
    copy.fill(0, 120 + 16 * count, 376);
  });
  return checkCubeHeader(bytes, cube.id, 4096 + (count - 1) * 65536 + last);
}

describe('checkCubeHeader', () => {
  it('passes a good header', () => {
    expect(checkCubeHeader(header, cube.id, file.length)).toBeNull();
  });

  it.each([
    ['magic', 0],
    ['magic', 7],
    ['version', 8],
    ['version', 9],
    ['suite', 10],
    ['suite', 11],
    ['flags', 13],
    ['id', 16],
    ['id', 47],
    ['vertex count', 81],
    ['vertex count', 83],
    ['last vertex', 84],
    ['last vertex', 87],
    ['unused tags', 120 + 4 * 16],
    ['unused tags', 375],
    ['reserved bytes', 1016],
    ['reserved bytes', 2500],
    ['reserved bytes', 4095],
  ])('names %s when byte %i changes', (rule, at) => {
    const bytes = changed((copy) => copy.writeUInt8(copy.readUInt8(at) ^ 0x80, at));
    expect(checkCubeHeader(bytes, cube.id, file.length)).toBe(rule);
  });

  it('refuses every unused flag bit and pad mode 3', () => {
    for (let bit = 2; bit < 16; bit++) {
      expect(
        checkCubeHeader(
          changed((copy) => copy.writeUInt32LE(1 << bit, 12)),
          cube.id,
          file.length,
        ),
      ).toBe('flags');
    }
    expect(
      checkCubeHeader(
        changed((copy) => copy.writeUInt32LE(3, 12)),
        cube.id,
        file.length,
      ),
    ).toBe('flags');
  });

  it('leaves the key epoch to the sealed part', () => {
    expect(
      checkCubeHeader(
        changed((copy) => copy.writeUInt32LE(0xffff0000, 12)),
        cube.id,
        file.length,
      ),
    ).toBeNull();
  });

  it('wants the exact file size', () => {
    for (const size of [0, 4096, file.length - 1, file.length + 1, 2 ** 53 - 1]) {
      expect(checkCubeHeader(header, cube.id, size)).toBe('file size');
    }
  });

  it('holds the pad modes to their sizes', () => {
    expect(padded(0, 4, 4096)).toBeNull();
    expect(padded(0, 17, 4096)).toBe('vertex count');
    expect(padded(0, 1, 4096 * 17)).toBe('last vertex');
    expect(padded(1, 4, 65536)).toBeNull();
    expect(padded(1, 4, 4096)).toBe('padding of the last vertex');
    expect(padded(2, 4, 65536)).toBe('padding of the cube');
    expect(padded(2, 16, 65536)).toBeNull();
  });

  it('answers any bytes without a crash', () => {
    const bytes = fc.uint8Array({ minLength: 4096, maxLength: 4096 });
    const size = fc.maxSafeNat();
    fc.assert(
      fc.property(
        bytes,
        size,
        (data, length) => checkCubeHeader(Buffer.from(data), cube.id, length) !== null,
      ),
      { numRuns: 200 },
    );
  });

  it('refuses misuse', () => {
    expect(() => checkCubeHeader(header.subarray(1), cube.id, 0)).toThrow(RangeError);
    expect(() => checkCubeHeader(header, cube.id.subarray(1), 0)).toThrow(RangeError);
    expect(() => checkCubeHeader(header, cube.id, -1)).toThrow(RangeError);
    expect(() => checkCubeHeader(header, cube.id, Number.NaN)).toThrow(RangeError);
  });
});
