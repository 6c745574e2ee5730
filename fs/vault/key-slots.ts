/** Adds, removes and renews key slots of an open vault. Each new slot is opened once before a header names it. */
import { SherinError } from '../../common/errors.js';
import type { Secret } from '../../native/index.js';
import { retireFormer } from './former-counters.js';
import type { PassphraseSlot, RecoverySlot, Slot, TpmSlot } from './header.js';
import {
  beginCounter,
  changeHeader,
  enter,
  freeId,
  type KeyWork,
  requireAskable,
  wrappingOf,
} from './key-work.js';
import { indexOf, undefine } from './nv-index.js';
import { openPassphraseSlot } from './passphrase-slot.js';
import { openRecoverySlot } from './recovery-slot.js';
import { isOfOtherTpm, release, requireRetirable, retire } from './slot-counter.js';
import type { TpmSession } from './tpm-session.js';
import { openTpmSlot, type SealWish } from './tpm-slot.js';
import { tpmSlotOf } from './tpm-slots.js';
import { passphraseSlot, recoverySlot, requireSame, tpmSlot } from './tried-slots.js';

/** @throws SherinError KEY_SLOT_UNKNOWN */
function slotOf({ vault }: KeyWork, id: number): Slot {
  const slot = vault.header.slots.find((candidate) => candidate.id === id);
  if (slot === undefined) throw new SherinError('KEY_SLOT_UNKNOWN', { slot: id, part: '' });
  return slot;
}

/** Seals under a counter of its own, which goes again where that fails. */
export async function sealed(
  work: KeyWork,
  session: TpmSession,
  wish: SealWish,
  id = freeId(work.vault.header),
  wrapping = wrappingOf(work),
): Promise<TpmSlot> {
  const slotCounter = await session.once((tpm) => tpm.counterDefine(null));
  try {
    const slot = await tpmSlot(wrapping, session, { ...wish, id, slotCounter });
    await work.vault.keepSealingLog(slot, wrapping.keyring);
    work.reached?.('sealed');
    return slot;
  } catch (error) {
    await undefine(session, slotCounter);
    throw error;
  }
}

/** Adds a slot for a recovery key of 32 bytes. @returns its number. @throws SherinError KEY_SLOTS_FULL, SLOT_REFUSED */
export async function addRecovery(work: KeyWork, key: Secret): Promise<number> {
  const slot = recoverySlot(wrappingOf(work), freeId(work.vault.header), key);
  await changeHeader(work, ({ slots }) => ({ slots: [...slots, slot] }));
  return slot.id;
}

/** Adds a slot for a passphrase. @returns its number. @throws SherinError KEY_SLOTS_FULL, SLOT_REFUSED */
export async function addPassphrase(work: KeyWork, words: Secret): Promise<number> {
  const slot = await passphraseSlot(wrappingOf(work), freeId(work.vault.header), words);
  await changeHeader(work, ({ slots }) => ({ slots: [...slots, slot] }));
  return slot.id;
}

/** Seals to the TPM of the vault's other TPM slots, or of this machine. @throws SherinError TPM_*, USAGE, KEY_SLOTS_FULL */
export async function addTpm(work: KeyWork, wish: SealWish): Promise<number> {
  const { vault } = work;
  const first = tpmSlotOf(vault.header) === null;
  const session = first ? await vault.tpm.sessionForNew() : vault.tpm.session();
  let slot: TpmSlot;
  try {
    slot = await sealed(work, session, wish);
    await enter(work, session, slot, ({ slots }) => ({ slots: [...slots, slot] }));
  } catch (error) {
    if (first) await session.close();
    throw error;
  }
  if (first) await vault.tpm.adopt(session);
  if (vault.header.counter === null) await beginCounter(work);
  return slot.id;
}

/**
 * Removes a slot; that of a TPM stays removed even for who has an old copy of the header. With the last one goes the rollback
 * counter. @param force goes on where it is the last without TPM, and where the TPM of the slot is missing or another one
 * @throws SherinError KEY_SLOT_*, TPM_*
 */
export async function removeSlot(work: KeyWork, id: number, force: boolean): Promise<void> {
  const { vault } = work;
  const slot = slotOf(work, id);
  const others = vault.header.slots.filter((other) => other.id !== id);
  if (others.length === 0) throw new SherinError('KEY_SLOT_LAST', { slot: id });
  const needed = slot.type !== 'tpm2' && others.every(({ type }) => type === 'tpm2');
  if (needed && !force) throw new SherinError('KEY_SLOT_NEEDED', { slot: id });
  requireAskable(work, others);
  if (slot.type !== 'tpm2') {
    await changeHeader(work, () => ({ slots: others }));
    return;
  }
  // Without the last slot of a TPM nobody would ask it for these.
  if (vault.header.keys?.former.some(({ counters }) => counters.length > 0) === true)
    await retireFormer(work);
  const session = vault.tpm.session();
  try {
    await retire(session, slot);
  } catch (error) {
    if (!force || !isOfOtherTpm(error)) throw error;
  }
  work.reached?.('retired');
  const { counter } = vault.header;
  if (others.some(({ type }) => type === 'tpm2')) {
    await changeHeader(work, () => ({ slots: others }));
  } else {
    work.follow(null);
    try {
      await changeHeader(work, () => ({ slots: others, counter: null }));
    } catch (error) {
      work.follow(vault.counter(work.keyring));
      throw error;
    }
    if (counter !== null) await undefine(session, indexOf(counter));
  }
  await release(session, slot);
}

/** Wraps the key anew in one slot, whose secret stays what it is. @throws SherinError as an opening with that slot */
export async function rotateSlot(work: KeyWork, id: number, secret: Secret | null): Promise<number> {
  const { vault, keyring } = work;
  const slot = slotOf(work, id);
  if (slot.type === 'tpm2') {
    requireSame(keyring, await openTpmSlot(vault.tpm.session(), vault.uuid, vault.header, slot, secret));
    return replaceSeal(work, slot, secret);
  }
  if (secret === null)
    throw new SherinError('USAGE', { what: `slot ${id} is wrapped anew with its ${slot.type} only` });
  const renewed = await rewrapped(work, slot, secret);
  await changeHeader(work, ({ slots }) => ({
    slots: slots.map((other) => (other.id === id ? renewed : other)),
  }));
  return id;
}

/** Once more what a secret opens that has opened it, for whatever master key. @throws SherinError as an opening with that slot */
export async function rewrapped(
  work: KeyWork,
  slot: RecoverySlot | PassphraseSlot,
  secret: Secret,
  wrapping = wrappingOf(work),
): Promise<Slot> {
  const { vault, keyring } = work;
  if (slot.type === 'recovery') {
    requireSame(keyring, openRecoverySlot(vault.uuid, vault.header, slot, secret));
    return recoverySlot(wrapping, slot.id, secret);
  }
  requireSame(keyring, await openPassphraseSlot(vault.uuid, vault.header, slot, secret));
  return passphraseSlot(wrapping, slot.id, secret);
}

/**
 * Seals to the PCRs as they are now, in the place of a TPM slot that may not open any more; a PIN is the new one.
 * @throws SherinError PIN_NEEDED, KEY_SLOT_UNKNOWN, TPM_*
 */
export async function resealSlot(work: KeyWork, id: number, pin: Secret | null): Promise<number> {
  const slot = slotOf(work, id);
  if (slot.type !== 'tpm2')
    throw new SherinError('KEY_SLOT_UNKNOWN', { slot: id, part: ' that a TPM seals' });
  return replaceSeal(work, slot, pin);
}

/** The new slot is in place before the old one is retired: whatever happens in between, one of them opens. */
async function replaceSeal(work: KeyWork, old: TpmSlot, pin: Secret | null): Promise<number> {
  if (old.pin && pin === null) throw new SherinError('PIN_NEEDED');
  const session = work.vault.tpm.session();
  await requireRetirable(session, old);
  const { pcrs, bank } = old;
  const slot = await sealed(work, session, { pin: old.pin ? pin : null, pcrs, bank });
  await enter(work, session, slot, ({ slots }) => ({
    slots: slots.flatMap((other) => (other.id === old.id ? [slot, other] : [other])),
  }));
  await retire(session, old);
  work.reached?.('retired');
  await changeHeader(work, ({ slots }) => ({ slots: slots.filter(({ id }) => id !== old.id) }));
  await release(session, old);
  return slot.id;
}
