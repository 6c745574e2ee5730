/** A new master key (FORMAT.md, "Key epochs"): all slots are made anew for it, and one header brings it in. */
import { SherinError } from '../../common/errors.js';
import type { Secret } from '../../native/index.js';
import { type Epochs, epochsOf } from './carried-keys.js';
import { type FormerEpoch, type Header, mostFormerEpochs, type Slot, type TpmSlot } from './header.js';
import { requireSame, rewrapped, sealed } from './key-slots.js';
import {
  changeHeader,
  isOfOtherTpm,
  type KeyWork,
  release,
  requireAskable,
  retire,
  type Wrapping,
} from './key-work.js';
import { tpmSlotOf } from './open.js';
import { openTpmSlot } from './tpm-slot.js';

const lastEpoch = 65_535;

export interface RekeyWish {
  /** Slots that stay, each with its secret; null for a TPM slot without PIN. */
  readonly keep: ReadonlyMap<number, Secret | null>;
  /** Slots that open nothing of the vault any more. */
  readonly drop: ReadonlySet<number>;
  /** Also where no slot would be left that needs no TPM. */
  readonly force: boolean;
}

type Counter = FormerEpoch['counters'][number];

/**
 * The vault's keyring has the new master key once the header with it is in place. A crash leaves the header of the one master key or of
 * the other. @returns the new epoch. @throws SherinError KEY_*, as an opening with a slot that is kept, TPM_*, NO_SPACE, IO
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
    if (keyring.epoch === before) for (const slot of made) await release(vault.tpm(), slot);
    throw error;
  } finally {
    next.wipe();
  }
  await retireFormer(work).catch(() => undefined);
  return keyring.epoch;
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
    requireSame(keyring, await openTpmSlot(vault.tpm(), vault.uuid, vault.header, slot, secret));
    const { pcrs, bank, pin, id } = slot;
    const seal = await sealed(work, vault.tpm(), { pin: pin ? secret : null, pcrs, bank }, id, wrapping);
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

function counterOf({ slotCounter, primaryName }: TpmSlot): Counter {
  return { ...slotCounter, primaryName };
}

/**
 * Raises the counters of TPM slots of earlier master keys, so that these open in old copies of the header neither, and gives them back. A
 * counter is given back once no header names it: until then nothing else can be in its place.
 * @returns how many are in a TPM that does not answer. @throws SherinError TPM_*, NO_SPACE, IO
 */
export async function retireFormer(work: KeyWork): Promise<number> {
  const former = work.vault.header.keys?.former ?? [];
  const retired: Counter[] = [];
  // Without the slot of a TPM there is none to ask, and what is stored is encrypted anew all the same.
  const asked = tpmSlotOf(work.vault.header) === null ? [] : former;
  for (const counter of asked.flatMap(({ counters }) => counters)) {
    try {
      await retire(work.vault.tpm(), indexOf(counter));
      retired.push(counter);
    } catch (error) {
      if (!isOfOtherTpm(error)) throw error;
    }
  }
  work.reached?.('retired');
  const left = (counters: readonly Counter[]) => counters.filter((counter) => !retired.includes(counter));
  if (retired.length > 0) {
    await changeHeader(work, ({ keys }) => ({
      keys: keys && {
        ...keys,
        former: keys.former.map((each) => ({ ...each, counters: left(each.counters) })),
      },
    }));
    for (const counter of retired) await release(work.vault.tpm(), indexOf(counter));
  }
  return former.reduce((sum, { counters }) => sum + left(counters).length, 0);
}

/** As a slot names it. */
function indexOf({ handle, name, primaryName }: Counter): Pick<TpmSlot, 'slotCounter' | 'primaryName'> {
  return { slotCounter: { handle, name }, primaryName };
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
