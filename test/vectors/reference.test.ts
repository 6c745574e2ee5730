/** The reference's primitives and its own building blocks against published vectors. */

import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20 } from '@noble/ciphers/chacha.js';
import * as ed from '@noble/ed25519';
import { hkdf } from '@noble/hashes/hkdf.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { fromBase32, toBase32 } from '../reference/base32.js';
import { bytesToHex, hexToBytes, join } from '../reference/bytes.js';
import { type Json, jcs } from '../reference/json.js';
import { derive } from '../reference/keys.js';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  leafHash,
  mth,
  rootFromPath,
} from '../reference/merkle.js';
import * as vectors from './source.js';

describe('reference', () => {
  it.each(vectors.gcmVectors.vectors)('AES-256-GCM $name', (vector) => {
    const cipher = () => gcm(hexToBytes(vector.key), hexToBytes(vector.nonce), hexToBytes(vector.aad));
    const sealed = hexToBytes(vector.ciphertext + vector.tag);
    expect(bytesToHex(cipher().encrypt(hexToBytes(vector.plaintext)))).toBe(bytesToHex(sealed));
    expect(bytesToHex(cipher().decrypt(sealed))).toBe(vector.plaintext);
    sealed.set([(sealed.at(-1) ?? 0) ^ 1], sealed.length - 1);
    expect(() => cipher().decrypt(sealed)).toThrow();
  });

  it.each(vectors.hkdfVectors.vectors)('HKDF-SHA256 $name', ({ key, salt, info, output }) => {
    const [ikm, s, i] = [hexToBytes(key), hexToBytes(salt), hexToBytes(info)];
    expect(bytesToHex(hkdf(sha256, ikm, s, i, output.length / 2))).toBe(output);
    expect(bytesToHex(derive(ikm, s, i))).toBe(output.slice(0, 64));
  });

  it.each(vectors.scryptVectors.vectors)('scrypt N=$n r=$r p=$p', ({ password, salt, n, r, p, output }) => {
    expect(bytesToHex(scrypt(password, salt, { N: n, r, p, dkLen: 64 }))).toBe(output);
  });

  it.each(vectors.signatureVectors.vectors)('Ed25519 $name', ({ seed, publicKey, message, signature }) => {
    expect(bytesToHex(ed.getPublicKey(hexToBytes(seed)))).toBe(publicKey);
    expect(bytesToHex(ed.sign(hexToBytes(message), hexToBytes(seed)))).toBe(signature);
    expect(ed.verify(hexToBytes(signature), hexToBytes(message), hexToBytes(publicKey))).toBe(true);
  });

  it.each(vectors.streamVectors.vectors)('$kind', (vector) => {
    const key = hexToBytes(vector.key);
    if (vector.kind === 'poly1305') {
      expect(bytesToHex(poly1305(hexToBytes(vector.message), key))).toBe(vector.tag);
      return;
    }
    const plaintext = hexToBytes(vector.plaintext);
    const ciphertext = chacha20(key, hexToBytes(vector.nonce), plaintext, undefined, vector.counter);
    expect(bytesToHex(ciphertext)).toBe(vector.ciphertext);
  });

  it('Merkle tree: roots, inclusion and consistency of the reference log', () => {
    const { leaves, roots, inclusion, consistency } = vectors.merkleVectors;
    const entries = leaves.map(hexToBytes);
    const rootAt = (size: number) => mth(entries.slice(0, size));
    expect(roots.map((_, size) => bytesToHex(rootAt(size)))).toEqual(roots);
    for (const { index, size, path } of inclusion) {
      const hashes = entries.slice(0, size).map(leafHash);
      expect(inclusionPath(index, hashes).map(bytesToHex)).toEqual(path);
      const leaf = hashes[index] ?? new Uint8Array(0);
      expect(rootFromPath(leaf, index, size, path.map(hexToBytes))).toEqual(rootAt(size));
    }
    for (const { first, second, path } of consistency) {
      expect(consistencyPath(first, entries.slice(0, second).map(leafHash)).map(bytesToHex)).toEqual(path);
      const proof = path.map(hexToBytes);
      expect(isConsistent(first, second, rootAt(first), rootAt(second), proof)).toBe(true);
      expect(isConsistent(first, second, rootAt(first), rootAt(0), proof)).toBe(false);
    }
  });

  it.each(vectors.base32Vectors.vectors)('base32 of "$text"', ({ text, base32 }) => {
    expect(toBase32(join(text))).toBe(base32);
    expect(fromBase32(base32)).toEqual(join(text));
  });

  it.each(vectors.jcsVectors.objects)('JCS object %#', ({ input, output }) => {
    expect(jcs(JSON.parse(input) as Json)).toBe(output);
  });

  it.each(vectors.jcsVectors.numbers)('JCS number $text', ({ ieee754, text }) => {
    const bytes = hexToBytes(ieee754);
    expect(jcs(new DataView(bytes.buffer).getFloat64(0))).toBe(text);
  });
});
