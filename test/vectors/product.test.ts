/** The product's primitives against published vectors. What the addon keeps opaque is seen through what it wraps. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gcm } from '@noble/ciphers/aes.js';
import * as ed from '@noble/ed25519';
import { afterAll, describe, expect, it } from 'vitest';
import { base32Decode, base32Encode } from '../../common/base32.js';
import { jcs } from '../../common/jcs.js';
import { emptyRoot, leafHash, rootOfLeaves } from '../../common/merkle.js';
import {
  consistencyPath,
  inclusionPath,
  isConsistent,
  rootFromInclusion,
} from '../../common/merkle-proofs.js';
import { verifier } from '../../common/signature.js';
import { Keyring, Secret } from '../../native/index.js';
import { type Master, mac, type Purpose, publicKey, subkey } from '../reference/keys.js';
import { nativeKeyring } from '../reference/native-keyring.js';
import { formatRecoveryKey } from '../reference/recovery-key.js';
import { content, sampleMaster } from '../reference/samples.js';
import * as vectors from './source.js';

const aad = Buffer.from('aad');
const unhex = (text: string) => Buffer.from(text, 'hex');
const secret = (hex: string) => Secret.take(unhex(hex));
const folder = mkdtempSync(join(tmpdir(), 'sherin-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Wraps a master key under a secret and unwraps it here: true when the secret's bytes are those of `hex`. */
function isSecret(candidate: Secret, hex: string): boolean {
  const keyring = Keyring.generate(Buffer.alloc(16));
  const { nonce, ciphertext, tag } = keyring.wrap(candidate, aad);
  keyring.wipe();
  try {
    return gcm(unhex(hex), nonce, aad).decrypt(Buffer.concat([ciphertext, tag])).length === 32;
  } catch {
    return false;
  }
}

describe('product', () => {
  it.each(vectors.hkdfVectors.vectors)('HKDF-SHA256 $name', ({ key, salt, info, output }) => {
    const okm = output.slice(0, 64);
    expect(isSecret(Secret.hkdf([secret(key)], unhex(salt), unhex(info)), okm)).toBe(true);
    const halves = [secret(key.slice(0, 20)), secret(key.slice(20))];
    expect(isSecret(Secret.hkdf(halves, unhex(salt), unhex(info)), okm)).toBe(true);
    expect(isSecret(Secret.hkdf([secret(key)], unhex(salt), Buffer.from('other')), okm)).toBe(false);
  });

  it.each(vectors.scryptVectors.vectors)(
    'scrypt N=$n r=$r p=$p',
    async ({ password, salt, n, r, p, output }) => {
      const stretched = await Secret.scrypt(
        password === '' ? null : Secret.take(Buffer.from(password)),
        Buffer.from(salt),
        { n, r, p },
      );
      expect(isSecret(stretched, output.slice(0, 64))).toBe(true);
    },
  );

  it.each(vectors.signatureVectors.vectors)('Ed25519 $name', ({ publicKey: key, message, signature }) => {
    const verify = verifier(unhex(key));
    expect(verify(unhex(message), unhex(signature))).toBe(true);
    expect(verify(Buffer.concat([unhex(message), Buffer.of(0)]), unhex(signature))).toBe(false);
  });

  it('Merkle tree: roots, inclusion and consistency of the reference log', () => {
    const { leaves, roots, inclusion, consistency } = vectors.merkleVectors;
    const hashes = leaves.map((leaf) => leafHash(unhex(leaf)));
    const range = (from: number, to: number) => rootOfLeaves(hashes.slice(from, to));
    const hex = (path: readonly Buffer[]) => path.map((hash) => hash.toString('hex'));
    expect(emptyRoot.toString('hex')).toBe(roots[0]);
    expect(hex(roots.map((_, size) => range(0, size)))).toEqual(roots);
    for (const { index, size, path } of inclusion) {
      expect(hex(inclusionPath(index, size, range))).toEqual(path);
      const leaf = hashes[index] ?? emptyRoot;
      expect(rootFromInclusion(index, size, leaf, path.map(unhex))).toEqual(range(0, size));
    }
    for (const { first, second, path } of consistency) {
      expect(hex(consistencyPath(first, second, range))).toEqual(path);
      const at = (size: number) => ({ size, root: range(0, size) });
      expect(isConsistent(at(first), at(second), path.map(unhex))).toBe(true);
      expect(isConsistent({ ...at(first), root: emptyRoot }, at(second), path.map(unhex))).toBe(false);
    }
  });

  it.each(vectors.base32Vectors.vectors)('base32 of "$text"', ({ text, base32 }) => {
    expect(base32Encode(Buffer.from(text))).toBe(base32);
    expect(Buffer.from(base32Decode(base32) ?? 'x').toString()).toBe(text);
  });

  it.each(vectors.jcsVectors.objects)('JCS object %#', ({ input, output }) => {
    expect(jcs(JSON.parse(input))).toBe(output);
  });

  it.each(vectors.jcsVectors.numbers)('JCS number $text', ({ ieee754, text }) => {
    expect(jcs(unhex(ieee754).readDoubleBE())).toBe(text);
  });
});

describe('keyring', () => {
  const master: Master = sampleMaster();
  const keyring = nativeKeyring(master);
  afterAll(() => keyring.wipe());

  it('has the public key and signatures of the reference', () => {
    expect(keyring.publicKey().equals(publicKey(master))).toBe(true);
    for (const message of [Buffer.alloc(0), Buffer.from(content(1000, 1))]) {
      expect(keyring.sign(message).equals(ed.sign(message, subkey(master, 'sign')))).toBe(true);
    }
  });

  it('has the subkeys of the reference', () => {
    for (const purpose of ['object-id', 'cube-id', 'audit', 'token'] as const satisfies Purpose[]) {
      const data = Buffer.from(content(100, 2));
      expect(keyring.hmac(purpose, data).equals(mac(subkey(master, purpose), data))).toBe(true);
    }
    expect(keyring.manifestKey().equals(subkey(master, 'manifest'))).toBe(true);
    const nv = Buffer.from(subkey(master, 'nv'))
      .toString('hex')
      .replace(/(00)+$/, '');
    expect(keyring.counterAuth().length).toBe(nv.length / 2);
    expect(isSecret(keyring.counterAuth(), nv)).toBe(true);
  });

  it('wraps what the reference unwraps', () => {
    const { nonce, ciphertext, tag } = keyring.wrap(secret('55'.repeat(32)), aad);
    const open = (data: Buffer) =>
      gcm(Buffer.alloc(32, 0x55), nonce, data).decrypt(Buffer.concat([ciphertext, tag]));
    expect(Buffer.from(open(aad)).equals(master.vmk)).toBe(true);
    expect(() => open(Buffer.from('other'))).toThrow();
  });
});

describe('recovery key', () => {
  it('is written and read as the reference writes it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const key = Buffer.from(content(32, seed));
      const text = formatRecoveryKey(key);
      const path = join(folder, `key${seed}`);
      const fd = openSync(path, 'wx');
      Secret.writeRecoveryKey(Secret.take(Buffer.from(key)), fd);
      closeSync(fd);
      expect(readFileSync(path, 'utf8')).toBe(`${text}\n`);
      for (const typed of [
        text,
        text.toUpperCase(),
        ` ${text.replaceAll('-', '')}\r\n`,
        text.replaceAll('-', '\n'),
      ]) {
        expect(isSecret(Secret.parseRecoveryKey(Secret.take(Buffer.from(typed))), key.toString('hex'))).toBe(
          true,
        );
      }
      const wrong = text.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
      expect(() => Secret.parseRecoveryKey(Secret.take(Buffer.from(wrong)))).toThrow();
    }
  });
});
