/** Brings an open vault to the TPM of this machine: a new slot and counter there, the slots of the old TPM dropped. */
import { SherinError } from '../../common/errors.js';
import type { TpmSlot } from './header.js';
import { sealed } from './key-slots.js';
import { beginCounter, changeHeader, enter, type KeyWork, requireAskable } from './key-work.js';
import { indexOf, undefine } from './nv-index.js';
import { release, retire } from './slot-counter.js';
import type { TpmSession } from './tpm-session.js';
import type { SealWish } from './tpm-slot.js';
import { tpmSlotsOf } from './tpm-slots.js';

export interface Moved {
  readonly slot: number;
  /** Slots of a TPM that did not answer: it opens old copies of the vault still. */
  readonly unretired: number;
}

/** @throws SherinError TPM_*, USAGE, KEY_SLOTS_FULL, KEY_SLOT_ASKED */
export async function moveTpm(work: KeyWork, wish: SealWish): Promise<Moved> {
  const { vault } = work;
  requireAskable(work, [{ type: 'tpm2', pin: wish.pin !== null }]);
  const { counter } = vault.header;
  const old = tpmSlotsOf(vault.header);
  const session = await vault.tpm.sessionForNew();
  let slot: TpmSlot;
  try {
    slot = await sealed(work, session, wish);
    // The counter of the old TPM can't be asked here: the new one begins once the head names its value.
    work.follow(null);
    await enter(work, session, slot, ({ slots }) => ({ slots: [slot, ...slots], counter: null }));
  } catch (error) {
    await session.close();
    work.follow(vault.counter(work.keyring));
    throw error;
  }
  await vault.tpm.adopt(session);
  await beginCounter(work);
  let unretired = 0;
  for (const before of old) if (!(await retireThere(work, session, slot, before))) unretired += 1;
  work.reached?.('retired');
  const ids = new Set(old.map(({ id }) => id));
  await changeHeader(work, ({ slots }) => ({ slots: slots.filter(({ id }) => !ids.has(id)) }));
  // Handles of another TPM say nothing here.
  if (counter !== null && old.some(({ primaryName }) => primaryName === slot.primaryName))
    await undefine(session, indexOf(counter));
  return { slot: slot.id, unretired };
}

/** False where the old slot's TPM is not here any more. */
async function retireThere(
  work: KeyWork,
  session: TpmSession,
  slot: TpmSlot,
  old: TpmSlot,
): Promise<boolean> {
  const same = old.primaryName === slot.primaryName;
  // The state of a software TPM is at one place: another TPM than the one that is there now is gone.
  if (!same && old.device === slot.device) return false;
  let there: TpmSession | null = null;
  try {
    there = same ? session : work.vault.tpm.sessionOf(old);
    await retire(there, old);
    await release(there, old);
    return true;
  } catch (error) {
    if (error instanceof SherinError) return false;
    throw error;
  } finally {
    if (there !== null && !same) await there.close().catch(() => undefined);
  }
}
