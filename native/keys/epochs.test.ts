/** Keys of several epochs: a master key, its successor, and what that carries over. */
import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encryptPage } from '../../test/reference/page-cipher.js';
import { subkey, u32 } from '../codec/cube.fixture.js';
import { carriedBy, identityPurposes, keyringOf } from '../codec/vault.fixture.js';
import { type CarriedKeys, Keyring, Secret } from '../index.js';

const code = (name: string) => expect.objectContaining({ code: name });
const uuid = randomBytes(16);
const aad = Buffer.from('slot');
const place = { salt: Buffer.alloc(32, 7), segment: 3, index: 0 };

/** Opens what a keyring carries over with its master key, which comes out of a slot. */
function opened(keyring: Keyring) {
  const slotKey = Buffer.alloc(32, 9);
  const { nonce, ciphertext, tag } = keyring.wrap(Secret.take(Buffer.from(slotKey)), aad);
  const vmk = createDecipheriv('aes-256-gcm', slotKey, nonce).setAAD(aad).setAuthTag(tag).update(ciphertext);
  const open = (what: string, epoch: number, sealed: CarriedKeys['identity']) => {
    if (sealed === null) throw new Error('nothing is carried');
    const decipher = createDecipheriv('aes-256-gcm', subkey(vmk, uuid, 'carry'), sealed.nonce)
      .setAAD(Buffer.concat([uuid, Buffer.from(`${what}\0`), u32(epoch)]))
      .setAuthTag(sealed.tag);
    return Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]);
  };
  return { vmk, open };
}

function again(keyring: Keyring, carried = keyring.carried()): Keyring {
  const slotKey = Buffer.alloc(32, 9);
  const wrapped = keyring.wrap(Secret.take(Buffer.from(slotKey)), aad);
  return Keyring.unwrap(uuid, Secret.take(slotKey), aad, wrapped, carried);
}

function sealed(keyring: Keyring): Buffer {
  const out = Buffer.alloc(21);
  keyring.sealFrame(place, aad, Buffer.from('entry'), out);
  return out;
}

const opens = (keyring: Keyring, frame: Buffer) => keyring.openFrame(place, aad, frame, Buffer.alloc(5));

describe('key epochs', () => {
  it('the first carries nothing', () => {
    const keyring = Keyring.generate(uuid);
    expect([keyring.epoch, keyring.formerEpochs()]).toEqual([0, []]);
    expect(keyring.carried()).toEqual({ epoch: 0, identity: null, former: [] });
  });

  it('a successor keeps the identity, has keys of content of its own, and carries those before', () => {
    const vmk = randomBytes(32);
    const first = keyringOf(vmk, uuid);
    const next = first.successor();
    expect([next.epoch, next.formerEpochs()]).toEqual([1, [0]]);
    expect(next.publicKey()).toEqual(first.publicKey());
    for (const purpose of ['object-id', 'cube-id', 'audit', 'token'] as const)
      expect(next.hmac(purpose, aad)).toEqual(first.hmac(purpose, aad));
    const { vmk: nextVmk, open } = opened(next);
    expect(nextVmk.equals(vmk)).toBe(false);
    expect(next.manifestKey()).toEqual(subkey(nextVmk, uuid, 'manifest'));
    const carried = next.carried();
    expect(open('identity', 1, carried.identity)).toEqual(
      Buffer.concat(identityPurposes.map((purpose) => subkey(vmk, uuid, purpose))),
    );
    expect(carried.former.map(({ epoch }) => epoch)).toEqual([0]);
    expect(open('former', 0, carried.former[0]?.wrapped ?? null)).toEqual(
      Buffer.concat(['cube', 'manifest', 'journal'].map((purpose) => subkey(vmk, uuid, purpose))),
    );
    expect(opens(next, sealed(first))).toBe(true);
    expect(opens(first, sealed(next))).toBe(false);
  });

  it('is what comes out of a slot, with what the header holds, over several epochs', () => {
    const third = Keyring.generate(uuid).successor().successor();
    const same = again(third);
    expect([same.epoch, same.formerEpochs()]).toEqual([2, [0, 1]]);
    expect(same.publicKey()).toEqual(third.publicKey());
    expect(opens(same, sealed(third))).toBe(true);
  });

  it('taken over, every user of the keyring has the new one, and the successor is gone', () => {
    const keyring = Keyring.generate(uuid);
    const frame = sealed(keyring);
    const next = keyring.successor();
    const after = next.manifestKey();
    keyring.takeOver(next);
    expect([keyring.epoch, keyring.manifestKey(), next.wiped]).toEqual([1, after, true]);
    expect(opens(keyring, frame)).toBe(true);
    keyring.forget(0);
    expect(keyring.formerEpochs()).toEqual([]);
    expect(opens(keyring, frame)).toBe(false);
    expect(keyring.carried().former).toEqual([]);
  });

  it('takes over nothing but its successor', () => {
    const keyring = Keyring.generate(uuid);
    expect(() => keyring.takeOver(Keyring.generate(uuid).successor())).toThrow(code('EINVAL'));
    expect(() => keyring.takeOver(keyring.successor().successor())).toThrow(code('EINVAL'));
    expect(() => keyring.takeOver(keyring)).toThrow(code('EINVAL'));
    const wiped = keyring.successor();
    wiped.wipe();
    expect(() => keyring.takeOver(wiped)).toThrow(code('EWIPED'));
    expect(keyring.epoch).toBe(0);
  });

  it('refuses what another master key carries, and what is put together wrongly', () => {
    const next = Keyring.generate(uuid).successor();
    const carried = next.carried();
    const other = Keyring.generate(uuid).successor().carried();
    expect(() => again(next, { ...carried, identity: other.identity })).toThrow(code('ETAG'));
    expect(() => again(next, { ...carried, former: other.former })).toThrow(code('ETAG'));
    expect(() => again(next, { ...carried, epoch: 2 })).toThrow(code('ETAG'));
    expect(() => again(next, { ...carried, epoch: 0 })).toThrow(RangeError);
    expect(() => again(next, { ...carried, identity: null })).toThrow(RangeError);
    expect(() => again(next, { ...carried, former: [...carried.former, ...carried.former] })).toThrow(
      RangeError,
    );
    const keys = carriedBy(Buffer.alloc(32), uuid, 'identity', 1, Buffer.alloc(32));
    expect(() => again(next, { ...carried, identity: keys })).toThrow(RangeError);
  });

  it('tells by its first page which key a database is under', () => {
    const keyring = Keyring.generate(uuid);
    const keys = [keyring.manifestKey()];
    for (let epoch = 1; epoch < 3; epoch++) {
      keyring.takeOver(keyring.successor());
      keys.push(keyring.manifestKey());
    }
    for (const key of keys) {
      const page = Buffer.from(encryptPage(key, 1, randomBytes(4096), randomBytes(16)));
      expect(keyring.manifestKey(page)).toEqual(key);
      expect(keyring.manifestKey(page.subarray(0, 4095))).toEqual(keys.at(-1));
      page[5] = (page[5] ?? 0) ^ 1;
      expect(keyring.manifestKey(page)).toEqual(keys.at(-1));
    }
  });

  it('does nothing after wipe', () => {
    const keyring = Keyring.generate(uuid).successor();
    keyring.wipe();
    expect(() => keyring.epoch).toThrow(code('EWIPED'));
    expect(() => keyring.successor()).toThrow(code('EWIPED'));
    expect(() => keyring.carried()).toThrow(code('EWIPED'));
  });
});
