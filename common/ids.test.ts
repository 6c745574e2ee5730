import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SherinError } from './errors.js';
import {
  asCubeId,
  asSherinId,
  cubeIdFromBytes,
  cubeIdToBytes,
  formatSherinId,
  looksLikeSherinId,
  parseCubeId,
  parseNamespace,
  parseSherinId,
  utcDate,
} from './ids.js';

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => Buffer.from(value));

describe('cube IDs', () => {
  it('are 52 characters that map back to their 32 bytes', () => {
    fc.assert(
      fc.property(bytes(32), (id) => {
        const text = cubeIdFromBytes(id);
        expect(text).toMatch(/^[a-z2-7]{52}$/);
        expect(cubeIdToBytes(parseCubeId(text)).equals(id)).toBe(true);
      }),
    );
  });

  it('have one text form: upper case, other lengths and set trailing bits are refused', () => {
    const text = cubeIdFromBytes(Buffer.alloc(32));
    expect(asCubeId(text)).toBe(text);
    for (const wrong of [
      text.toUpperCase(),
      text.slice(1),
      `${text}a`,
      `${text.slice(0, 51)}b`,
      `${text.slice(0, 51)}1`,
      '',
    ]) {
      expect(() => parseCubeId(wrong)).toThrowError(SherinError);
      expect(asCubeId(wrong)).toBeUndefined();
    }
  });
});

describe('Sherin IDs', () => {
  it('map to their parts and back', () => {
    const namespace = fc.stringMatching(/^[A-Z][A-Z0-9-]{0,15}$/);
    const day = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(namespace, day, bytes(16), (name, when, tag) => {
        const id = formatSherinId({ namespace: parseNamespace(name), date: utcDate(when.getTime()), tag });
        expect(id.length).toBeGreaterThanOrEqual(43);
        expect(id.length).toBeLessThanOrEqual(58);
        expect(parseSherinId(id)).toEqual({ namespace: name, date: utcDate(when.getTime()), tag });
      }),
    );
  });

  it.each([
    ['FILES_20261301_0123456789abcdef0123456789abcdef', 'not a date'],
    ['FILES_20260230_0123456789abcdef0123456789abcdef', 'not a date'],
    ['FILES_20260101_0123456789ABCDEF0123456789abcdef', 'hex'],
    ['FILES_20260101_0123456789abcdef', 'hex'],
    ['files_20260101_0123456789abcdef0123456789abcdef', 'namespace'],
    ['1A_20260101_0123456789abcdef0123456789abcdef', 'namespace'],
    ['ABCDEFGHIJKLMNOPQ_20260101_0123456789abcdef0123456789abcdef', 'namespace'],
    ['FILES_20260101', 'parts'],
    [`FILES_20260101_${'0'.repeat(2000)}`, 'long'],
    ['', 'parts'],
  ])('%s is refused, naming the part', (text, part) => {
    expect(() => asSherinId(text)).toThrowError(
      expect.objectContaining({ code: 'ID_MALFORMED', message: expect.stringContaining(part) }),
    );
  });

  it('of any other text are refused with the same error and never anything else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        try {
          asSherinId(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ID_MALFORMED', errno: 'EINVAL' });
        }
      }),
    );
  });

  it.each([
    ['FILES_20261125_zz', true],
    ['FILES_20261125_', true],
    ['files_2026_0123456789abcdef', true],
    ['FILES_2026-11-25_0123456789abcdef0123456789abcdef', true],
    ['FILES_20261125_0123_4567', true],
    ['FILES_20261125', false],
    ['IMG_20261125_120000.jpg', false],
    ['a_b_c', false],
    ['files/FILES_20261125_zz', false],
    ['20261125_FILES_zz', false],
  ])('%s is meant as one: %s', (text, meant) => {
    expect(looksLikeSherinId(text)).toBe(meant);
  });
});

it('a date of more than eight digits is none, though its days and months be right', () => {
  const parts = { namespace: parseNamespace('FILES'), date: 1_897_051_101, tag: Buffer.alloc(16) };
  expect(() => formatSherinId(parts)).toThrow('its date');
});
