/** The passphrase slot: VMK under a key stretched from words that somebody remembers. */
import { randomBytes } from 'node:crypto';
import { SherinError, systemCode } from '../../common/errors.js';
import { Keyring, type ScryptCost, Secret } from '../../native/index.js';
import { carriedKeys, type Epochs } from './carried-keys.js';
import type { PassphraseSlot } from './header.js';
import { passphraseCost, slotAad, slotKey, withSecrets, wrappedBytes, wrappedText } from './slot-key.js';

/** Stretches the passphrase by scrypt with a new salt, and wraps the master key under that. */
export function makePassphraseSlot(
  uuid: Buffer,
  id: number,
  keyring: Keyring,
  passphrase: Secret,
): Promise<PassphraseSlot> {
  return withSecrets(async (keep) => {
    const salt = randomBytes(32);
    const parameters = {
      id,
      type: 'passphrase',
      created: new Date().toISOString(),
      salt: salt.toString('base64'),
      kdf: passphraseCost,
    } as const;
    const key = await stretchedKey(keep, passphrase, salt, passphraseCost);
    return { ...parameters, wrapped: wrappedText(keyring.wrap(key, slotAad(uuid, parameters))) };
  });
}

/** @throws SherinError SLOT_REFUSED */
export function openPassphraseSlot(
  uuid: Buffer,
  epochs: Epochs,
  slot: PassphraseSlot,
  passphrase: Secret,
): Promise<Keyring> {
  return withSecrets(async (keep) => {
    const key = await stretchedKey(keep, passphrase, Buffer.from(slot.salt, 'base64'), slot.kdf);
    try {
      return Keyring.unwrap(uuid, key, slotAad(uuid, slot), wrappedBytes(slot.wrapped), carriedKeys(epochs));
    } catch (error) {
      if (systemCode(error) !== 'ETAG') throw error;
      throw new SherinError(
        'SLOT_REFUSED',
        { slot: 'passphrase', part: 'wrong passphrase' },
        { cause: error },
      );
    }
  });
}

async function stretchedKey(
  keep: (secret: Secret) => Secret,
  passphrase: Secret,
  salt: Buffer,
  cost: ScryptCost,
): Promise<Secret> {
  const stretched = keep(await Secret.scrypt(passphrase, salt, cost));
  return keep(slotKey([stretched], salt, 'passphrase'));
}
