/** How a slot's key comes about and what its wrapping is bound to (FORMAT.md, "Key slots"). */
import { jcs } from '../../common/jcs.js';
import { type ScryptCost, Secret, type Wrapped } from '../../native/index.js';
import type { Slot } from './header.js';

type Unwrapped<S> = S extends { readonly wrapped: unknown } ? Omit<S, 'wrapped'> : never;
/** A slot without the key that is wrapped in it. */
export type SlotParameters = Unwrapped<Slot>;

/** UUID ‖ type ‖ 0 ‖ JCS(slot without `wrapped`) */
export function slotAad(uuid: Buffer, slot: SlotParameters): Buffer {
  const { wrapped: _, ...parameters } = slot as Slot;
  return Buffer.concat([uuid, Buffer.from(`${slot.type}\0`, 'latin1'), Buffer.from(jcs(parameters), 'utf8')]);
}

/** HKDF over all keys that a slot needs: wraps the master key, 32 bytes. */
export function slotKey(keys: readonly Secret[], salt: Buffer, type: Slot['type']): Secret {
  return Secret.hkdf(keys, salt, Buffer.from(`sherin/v1/slot-${type}`, 'latin1'));
}

/** 32 MiB and about 100 ms a guess. */
export const pinCost: ScryptCost = { n: 2 ** 15, r: 8, p: 1 };
/** 128 MiB and some 400 ms a guess: whoever copies the vault can try as often as he likes. */
export const passphraseCost: ScryptCost = { n: 2 ** 17, r: 8, p: 1 };
/** Without a PIN there is nothing to stretch. */
export const noPinCost: ScryptCost = { n: 16, r: 1, p: 1 };

/** A key that is wrapped as text in the header. */
type WrappedText = Slot['wrapped'];

/** As the header has it: base64. */
export function wrappedText(wrapped: Wrapped): WrappedText {
  return {
    nonce: wrapped.nonce.toString('base64'),
    ciphertext: wrapped.ciphertext.toString('base64'),
    tag: wrapped.tag.toString('base64'),
  };
}

/** As the addon takes it. */
export function wrappedBytes(wrapped: WrappedText): Wrapped {
  return {
    nonce: Buffer.from(wrapped.nonce, 'base64'),
    ciphertext: Buffer.from(wrapped.ciphertext, 'base64'),
    tag: Buffer.from(wrapped.tag, 'base64'),
  };
}

/** Secrets of one operation: all are wiped when it ends, however it ends. */
export async function withSecrets<T>(work: (keep: (secret: Secret) => Secret) => Promise<T>): Promise<T> {
  const kept: Secret[] = [];
  try {
    return await work((secret) => {
      kept.push(secret);
      return secret;
    });
  } finally {
    for (const secret of kept) secret.wipe();
  }
}
