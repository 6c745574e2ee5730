import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { subkey } from '../codec/cube.fixture.js';
import { keyringOf } from '../codec/vault.fixture.js';
import { Keyring, type MacPurpose, Secret } from '../index.js';

const code = (name: string) => expect.objectContaining({ code: name });
const uuid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const vmk = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i));

/** PKCS #8 of an Ed25519 seed (RFC 8410, section 7). */
function privateKey(seed: Buffer) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

describe('Keyring', () => {
  it.each<MacPurpose>(['object-id', 'cube-id', 'audit', 'token'])(
    'has the subkey of FORMAT.md for %s',
    (purpose) => {
      const data = randomBytes(100);
      const expected = createHmac('sha256', subkey(vmk, uuid, purpose))
        .update(data)
        .digest();
      expect(keyringOf(vmk, uuid).hmac(purpose, data)).toEqual(expected);
    },
  );

  it('authenticates many messages as it does each of them', () => {
    const keyring = keyringOf(vmk, uuid);
    const messages = [randomBytes(60), Buffer.alloc(0), randomBytes(1000), randomBytes(60)];
    const each = messages.map((message) => keyring.hmac('object-id', message));
    expect(keyring.hmacs('object-id', messages)).toEqual(Buffer.concat(each));
    expect(keyring.hmacs('object-id', [])).toHaveLength(0);
  });

  it('signs as node:crypto does with the same seed', () => {
    const keyring = keyringOf(vmk, uuid);
    const key = privateKey(subkey(vmk, uuid, 'sign'));
    const message = randomBytes(1000);
    const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
    expect(keyring.publicKey()).toEqual(raw);
    expect(keyring.sign(message)).toEqual(sign(null, message, key));
    expect(verify(null, message, createPublicKey(key), keyring.sign(message))).toBe(true);
    expect(keyring.sign(Buffer.alloc(0))).toEqual(sign(null, Buffer.alloc(0), key));
  });

  it('hands out the keys of manifest and counter', () => {
    const keyring = keyringOf(vmk, uuid);
    expect(keyring.manifestKey()).toEqual(subkey(vmk, uuid, 'manifest'));
    const nv = subkey(vmk, uuid, 'nv');
    expect(Secret.equal(keyring.counterAuth(), Secret.take(nv))).toBe(true);
  });

  it('takes trailing zero bytes off the counter auth (TPM 2.0 Part 1, 19.6.4.3)', () => {
    let key = randomBytes(32);
    while (subkey(key, uuid, 'nv').at(-1) !== 0) key = randomBytes(32);
    const nv = subkey(key, uuid, 'nv');
    let length = 32;
    while (nv[length - 1] === 0) length -= 1;
    const auth = keyringOf(key, uuid).counterAuth();
    expect(auth.length).toBe(length);
    expect(Secret.equal(auth, Secret.take(nv.subarray(0, length)))).toBe(true);
  });

  it('wraps the master key so that AES-256-GCM opens it', () => {
    const slotKey = randomBytes(32);
    const aad = Buffer.from('slot');
    const wrapped = keyringOf(vmk, uuid).wrap(Secret.take(Buffer.from(slotKey)), aad);
    const open = createDecipheriv('aes-256-gcm', slotKey, wrapped.nonce).setAAD(aad).setAuthTag(wrapped.tag);
    expect(Buffer.concat([open.update(wrapped.ciphertext), open.final()])).toEqual(vmk);
  });

  it('comes back through a slot as the same vault', () => {
    const keyring = Keyring.generate(uuid);
    const slotKey = Secret.random(32);
    const aad = Buffer.alloc(0);
    const wrapped = keyring.wrap(slotKey, aad);
    expect(Keyring.unwrap(uuid, slotKey, aad, wrapped).publicKey()).toEqual(keyring.publicKey());
    expect(Keyring.generate(uuid).publicKey()).not.toEqual(keyring.publicKey());
  });

  it('opens with nothing but the right slot key, AAD and bytes', () => {
    const slotKey = Secret.random(32);
    const aad = Buffer.from('aad');
    const wrapped = keyringOf(vmk, uuid).wrap(slotKey, aad);
    const flip = (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
    expect(() => Keyring.unwrap(uuid, Secret.random(32), aad, wrapped)).toThrow(code('ETAG'));
    expect(() => Keyring.unwrap(uuid, slotKey, Buffer.from('AAD'), wrapped)).toThrow(code('ETAG'));
    for (const part of ['nonce', 'ciphertext', 'tag'] as const) {
      const broken = { ...wrapped, [part]: flip(wrapped[part]) };
      expect(() => Keyring.unwrap(uuid, slotKey, aad, broken)).toThrow(code('ETAG'));
    }
  });

  it('never takes the same nonce twice', () => {
    const keyring = keyringOf(vmk, uuid);
    const slotKey = Secret.random(32);
    const nonces = Array.from({ length: 50 }, () =>
      keyring.wrap(slotKey, Buffer.alloc(0)).nonce.toString('hex'),
    );
    expect(new Set(nonces).size).toBe(50);
  });

  it('does nothing after wipe', () => {
    const keyring = keyringOf(vmk, uuid);
    expect(keyring.wiped).toBe(false);
    keyring.wipe();
    keyring.wipe();
    expect(keyring.wiped).toBe(true);
    expect(() => keyring.publicKey()).toThrow(code('EWIPED'));
    expect(() => keyring.sign(Buffer.alloc(1))).toThrow(code('EWIPED'));
    expect(() => keyring.hmac('audit', Buffer.alloc(1))).toThrow(code('EWIPED'));
    expect(() => keyring.hmacs('audit', [])).toThrow(code('EWIPED'));
    expect(() => keyring.wrap(Secret.random(32), Buffer.alloc(1))).toThrow(code('EWIPED'));
    expect(() => keyring.manifestKey()).toThrow(code('EWIPED'));
    expect(() => keyring.counterAuth()).toThrow(code('EWIPED'));
  });

  it('refuses misuse', () => {
    const keyring = keyringOf(vmk, uuid);
    const slotKey = Secret.random(32);
    expect(() => Keyring.generate(Buffer.alloc(15))).toThrow(RangeError);
    expect(() => keyring.hmac('cube' as MacPurpose, Buffer.alloc(1))).toThrow(TypeError);
    expect(() => keyring.hmacs('audit', Buffer.alloc(1) as never)).toThrow(TypeError);
    expect(() => keyring.hmacs('audit', ['text' as never])).toThrow(TypeError);
    expect(() => keyring.sign('text' as unknown as Buffer)).toThrow(TypeError);
    expect(() => keyring.wrap(Secret.random(16), Buffer.alloc(0))).toThrow(RangeError);
    expect(() => keyring.wrap(keyring as unknown as Secret, Buffer.alloc(0))).toThrow(TypeError);
    const short = { nonce: Buffer.alloc(11), ciphertext: Buffer.alloc(32), tag: Buffer.alloc(16) };
    expect(() => Keyring.unwrap(uuid, slotKey, Buffer.alloc(0), short)).toThrow(RangeError);
    expect(() => Keyring.unwrap(uuid, slotKey, Buffer.alloc(0), null as unknown as typeof short)).toThrow(
      TypeError,
    );
    expect(() => Reflect.construct(Keyring as unknown as new () => Keyring, [{}])).toThrow(TypeError);
    const stolen = Reflect.get(Object.getPrototypeOf(keyring), 'publicKey') as () => Buffer;
    expect(() => stolen.call(slotKey)).toThrow(TypeError);
  });
});
