/** Ed25519 as strict as RFC 8032, section 5.1.7, asks: one key, one message, one signature. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { Point } from '@noble/ed25519';
import { expect, test } from 'vitest';
import { verifier } from './signature.js';
import { keyWeakness } from './weak-key.js';

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const p = 2n ** 255n - 19n;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** L · Q of points Q of the curve: all eight points whose order divides 8. */
function smallPoints(): Buffer[] {
  const found = new Map<string, Buffer>();
  for (let y = 2n; found.size < 8; y++) {
    try {
      const point = Point.fromBytes(littleEndian(y), true);
      const small = point.multiply(order - 1n).add(point);
      for (const each of [small, small.negate()]) {
        const bytes = Buffer.from(each.toBytes());
        found.set(bytes.toString('hex'), bytes);
      }
    } catch {
      // no point has this y
    }
  }
  return [...found.values()];
}

test('keys of small order verify nothing, whatever is signed', () => {
  const weak = smallPoints();
  expect(weak).toHaveLength(8);
  for (const point of weak) {
    expect(keyWeakness(point)).toBe('it is a point of small order');
    // R = the neutral point, S = 0 fits every eighth message at least under such a key.
    const signature = Buffer.concat([littleEndian(1n), Buffer.alloc(32)]);
    for (let n = 0; n < 32; n++) expect(verifier(point)(Buffer.from([n]), signature)).toBe(false);
  }
  expect(keyWeakness(key)).toBe(null);
});

test('keys in another encoding of their point verify nothing', () => {
  for (const y of [p, p + 1n, 2n ** 255n - 1n])
    expect(keyWeakness(littleEndian(y))).toBe('it is not the canonical encoding of a point');
});

test('a signature has one form: S below the order, R as it is encoded', () => {
  const message = Buffer.from('head');
  const signature = sign(null, message, privateKey);
  const verify = verifier(key);
  expect(verify(message, signature)).toBe(true);
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
  const r = signature.subarray(0, 32);
  expect(verify(message, Buffer.concat([r, littleEndian(s + order)]))).toBe(false);
  for (const y of [p, p + 1n])
    expect(verify(message, Buffer.concat([littleEndian(y), signature.subarray(32)]))).toBe(false);
  expect(verify(message, signature.subarray(0, 63))).toBe(false);
  expect(verify(message, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
});
