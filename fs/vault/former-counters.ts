/** Counters of TPM slots that held an earlier master key: raised, given back, and taken out of the header (FORMAT.md, "Key epochs"). */
import type { FormerEpoch } from './header.js';
import { changeHeader, type KeyWork } from './key-work.js';
import { isOfOtherTpm, release, retire, type SlotCounter } from './slot-counter.js';
import { tpmSlotOf } from './tpm-slots.js';

export type FormerCounter = FormerEpoch['counters'][number];

/**
 * Raises the counters of TPM slots of earlier master keys, so that these open in old copies of the header neither, and gives them back. A
 * counter is given back once no header names it: until then nothing else can be in its place.
 * @returns how many are in a TPM that does not answer. @throws SherinError TPM_*, NO_SPACE, IO
 */
export async function retireFormer(work: KeyWork): Promise<number> {
  const former = work.vault.header.keys?.former ?? [];
  const retired: FormerCounter[] = [];
  // Without the slot of a TPM there is none to ask, and what is stored is encrypted anew all the same.
  const asked = tpmSlotOf(work.vault.header) === null ? [] : former;
  for (const counter of asked.flatMap(({ counters }) => counters)) {
    try {
      await retire(work.vault.tpm.session(), asSlot(counter));
      retired.push(counter);
    } catch (error) {
      if (!isOfOtherTpm(error)) throw error;
    }
  }
  work.reached?.('retired');
  const left = (counters: readonly FormerCounter[]) =>
    counters.filter((counter) => !retired.includes(counter));
  if (retired.length > 0) {
    await changeHeader(work, ({ keys }) => ({
      keys: keys && {
        ...keys,
        former: keys.former.map((each) => ({ ...each, counters: left(each.counters) })),
      },
    }));
    for (const counter of retired) await release(work.vault.tpm.session(), asSlot(counter));
  }
  return former.reduce((sum, { counters }) => sum + left(counters).length, 0);
}

/** As a slot names it. */
function asSlot({ handle, name, primaryName }: FormerCounter): SlotCounter {
  return { slotCounter: { handle, name }, primaryName };
}
