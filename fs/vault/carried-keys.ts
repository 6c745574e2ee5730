/** What a header holds of the keys of earlier epochs, as the addon takes it (FORMAT.md, "Key epochs"). */
import type { CarriedKeys, Keyring } from '../../native/index.js';
import type { FormerEpoch, Header } from './header.js';
import { wrappedBytes, wrappedText } from './slot-key.js';

/** The part of a header that a master key needs beside its slot. */
export type Epochs = Pick<Header, 'epoch' | 'keys'>;

/** As the addon takes it. */
export function carriedKeys({ epoch, keys }: Epochs): CarriedKeys {
  return {
    epoch,
    identity: keys === undefined ? null : wrappedBytes(keys.identity),
    former: (keys?.former ?? []).map((former) => ({
      epoch: former.epoch,
      wrapped: wrappedBytes(former.wrapped),
    })),
  };
}

/** The same for a header, from a keyring whose slots are in it. @param counters of the TPM slots of each former epoch */
export function epochsOf(keyring: Keyring, counters: (epoch: number) => FormerEpoch['counters']): Epochs {
  const { epoch, identity, former } = keyring.carried();
  if (identity === null) return { epoch };
  return {
    epoch,
    keys: {
      identity: wrappedText(identity),
      former: former.map(({ epoch: before, wrapped }) => ({
        epoch: before,
        counters: counters(before),
        wrapped: wrappedText(wrapped),
      })),
    },
  };
}
