/** A new master key (FORMAT.md, "Key epochs"): all slots are made anew for it, and one header brings it in. */
import { SherinError, systemCode } from '../../common/errors.js';
import type { Secret } from '../../native/index.js';
import { type Epochs, epochsOf } from './carried-keys.js';
import { type FormerCounter, retireFormer } from './former-counters.js';
import { type Header, lastEpoch, mostFormerEpochs, type Slot, type TpmSlot } from './header.js';
import { rewrapped, sealed } from './key-slots.js';
import { changeHeader, type KeyWork, requireAskable } from './key-work.js';
import { release } from './slot-counter.js';
import { openTpmSlot } from './tpm-slot.js';
import { requireSame, type Wrapping } from './tried-slots.js';

export interface RekeyWish {
  /** Slots that stay, each with its secret; null for a TPM slot without PIN. */
  readonly keep: ReadonlyMap<number, Secret | null>;
  /** Slots that open nothing of the vault any more. */
  readonly drop: ReadonlySet<number>;
  /** Also where no slot would be left that needs no TPM. */
  readonly force: boolean;
}

/**
 * The vault's keyring has the new master key once the header with it is in place. A crash leaves the header of the one master key or of
 * the other. @returns the new epoch. @throws SherinError KEY_*, as an opening with a slot that is kept, TPM_*, NO_SPACE, IO; KEY_REKEYED where it was done, and a head that names it could not be written yet
 */
export async function rekey(work: KeyWork, wish: RekeyWish): Promise<number> {
  const { vault, keyring } = work;
  requireAllowed(vault.header, wish);
  requireAskable(
    work,
    vault.header.slots.filter(({ id }) => wish.keep.has(id)),
  );
  const before = keyring.epoch;
  const counters = new Map(
    (vault.header.keys?.former ?? []).map((former) => [former.epoch, former.counters]),
  );
  counters.set(
    before,
    vault.header.slots.flatMap((slot) => (slot.type === 'tpm2' ? [counterOf(slot)] : [])),
  );
  const next = keyring.successor();
  const made: TpmSlot[] = [];
  try {
    const epochs = epochsOf(next, (epoch) => counters.get(epoch) ?? []);
    const slots: Slot[] = [];
    for (const slot of vault.header.slots) {
      const secret = wish.keep.get(slot.id);
      if (secret === undefined) continue;
      slots.push(await slotFor(work, { uuid: vault.uuid, keyring: next, epochs }, slot, secret, made));
    }
    await changeHeader(
      work,
      () => ({ ...epochs, slots }),
      () => keyring.takeOver(next),
    );
  } catch (error) {
    // Those of a header that is in place are needed.
    if (keyring.epoch !== before) throw rekeyed(keyring.epoch, error);
    for (const slot of made) await release(vault.tpm.session(), slot);
    throw error;
  } finally {
    next.wipe();
  }
  await retireFormer(work).catch(() => undefined);
  return keyring.epoch;
}

/** The header is in place, and the next one, or the next commit, writes what is missing. */
export function rekeyed(epoch: number, cause: unknown): SherinError {
  const part = cause instanceof SherinError ? cause.message : (systemCode(cause) ?? 'EIO');
  return new SherinError('KEY_REKEYED', { epoch, part }, { cause });
}

/** The slot with the same number and secret, which has opened it, for another master key. */
async function slotFor(
  work: KeyWork,
  wrapping: Wrapping,
  slot: Slot,
  secret: Secret | null,
  made: TpmSlot[],
): Promise<Slot> {
  if (slot.type === 'tpm2') {
    const { vault, keyring } = work;
    requireSame(keyring, await openTpmSlot(vault.tpm.session(), vault.uuid, vault.header, slot, secret));
    const { pcrs, bank, pin, id } = slot;
    const seal = await sealed(
      work,
      vault.tpm.session(),
      { pin: pin ? secret : null, pcrs, bank },
      id,
      wrapping,
    );
    made.push(seal);
    return seal;
  }
  if (secret === null) throw new SherinError('KEY_SLOT_LEFT', { slot: slot.id, type: slot.type });
  return rewrapped(work, slot, secret, wrapping);
}

function requireAllowed(header: Header, { keep, drop, force }: RekeyWish): void {
  const { slots, epoch, keys } = header;
  for (const id of [...keep.keys(), ...drop])
    if (!slots.some((slot) => slot.id === id))
      throw new SherinError('KEY_SLOT_UNKNOWN', { slot: id, part: '' });
  for (const { id, type } of slots)
    if (keep.has(id) === drop.has(id))
      throw new SherinError('KEY_SLOT_LEFT', { slot: id, type: typeName(type) });
  const kept = slots.filter(({ id }) => keep.has(id));
  const lost = (isKind: (slot: Slot) => boolean): Slot | undefined =>
    kept.some(isKind) ? undefined : slots.find(isKind);
  const [first] = slots;
  if (kept.length === 0 && first !== undefined) throw new SherinError('KEY_SLOT_LAST', { slot: first.id });
  const tpm = lost(({ type }) => type === 'tpm2');
  if (tpm !== undefined) throw new SherinError('KEY_SLOT_LAST_TPM', { slot: tpm.id });
  const needed = lost(({ type }) => type !== 'tpm2');
  if (needed !== undefined && !force) throw new SherinError('KEY_SLOT_NEEDED', { slot: needed.id });
  if (epoch === lastEpoch) throw new SherinError('KEY_EPOCHS_FULL', { part: `${lastEpoch} were the most` });
  if ((keys?.former.length ?? 0) >= mostFormerEpochs)
    throw new SherinError('KEY_EPOCHS_FULL', { part: `it carries ${mostFormerEpochs} earlier ones still` });
}

function typeName(type: Slot['type']): string {
  return type === 'tpm2' ? 'TPM' : type;
}

function counterOf({ slotCounter, primaryName }: TpmSlot): FormerCounter {
  return { ...slotCounter, primaryName };
}

/** Drops the keys of all epochs before the present one: nothing that is stored needs them any more. */
export async function endFormerEpochs(work: KeyWork): Promise<void> {
  const { keyring } = work;
  await changeHeader(work, ({ keys }) => ({ keys: keys && { ...keys, former: [] } }));
  for (const epoch of keyring.formerEpochs()) keyring.forget(epoch);
}

/** Epochs whose keys count still beside the present one, ascending. */
export function formerEpochs({ keys }: Epochs): readonly number[] {
  return (keys?.former ?? []).map(({ epoch }) => epoch);
}
