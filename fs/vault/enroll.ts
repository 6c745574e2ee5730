/** A new TPM slot and counter for a vault that opened otherwise: after a move, a restore, a new TPM or changed PCRs. */
import type { Keyring, NvIndex } from '../../native/index.js';
import { defineCounter } from './counter.js';
import { freeId } from './key-work.js';
import type { LockedVault } from './locked-vault.js';
import { indexOf, undefine } from './nv-index.js';
import type { TpmSession } from './tpm-session.js';
import type { SealWish } from './tpm-slot.js';
import { tpmSlot } from './tried-slots.js';

/**
 * Seals to the TPM that is here now (a new software TPM where the machine has none and the old state is gone), defines new
 * counters in it and writes a header whose only TPM slot this is; the other slots stay. Returns the rollback counter's value,
 * for the next head. @throws SherinError USAGE, TPM_*, TOOL_MISSING
 */
export async function enrollTpm(vault: LockedVault, keyring: Keyring, wish: SealWish): Promise<bigint> {
  const session = await vault.tpm.sessionForNew();
  const made: NvIndex[] = [];
  try {
    const slotCounter = await session.once((tpm) => tpm.counterDefine(null));
    made.push(slotCounter);
    const counter = await defineCounter(session, keyring);
    made.push(indexOf(counter.index));
    const { signature: _, ...before } = vault.header;
    const wrapping = { uuid: vault.uuid, keyring, epochs: before };
    const slot = await tpmSlot(wrapping, session, { ...wish, id: freeId(vault.header), slotCounter });
    await vault.keepSealingLog(slot, keyring);
    const slots = [slot, ...before.slots.filter(({ type }) => type !== 'tpm2')];
    await vault.replaceHeader(
      { ...before, slots, counter: counter.index, generation: before.generation + 1 },
      keyring,
    );
    await vault.tpm.adopt(session);
    return counter.value;
  } catch (error) {
    await takeBack(session, made);
    throw error;
  }
}

async function takeBack(session: TpmSession, made: readonly NvIndex[]): Promise<void> {
  for (const index of made) await undefine(session, index);
  await session.close();
}
