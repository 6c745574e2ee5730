/** What a change of key slots works with, and the order of its writes (FORMAT.md, "Changing key slots"). */
import { SherinError } from '../../common/errors.js';
import type { Keyring } from '../../native/index.js';
import { defineCounter, type RollbackCounter } from './counter.js';
import { type Header, mostSlots, type Slot, type TpmSlot, type UnsignedHeader } from './header.js';
import type { LockedVault } from './locked-vault.js';
import { indexOf, undefine } from './nv-index.js';
import { release } from './slot-counter.js';
import type { TpmSession } from './tpm-session.js';
import type { Wrapping } from './tried-slots.js';

export interface KeyWork {
  readonly vault: LockedVault;
  readonly keyring: Keyring;
  /** Namespaces that ask the TPM at each open. */
  readonly perOpen: readonly string[];
  /** Generation of the header that the newest tree head names. */
  readonly namedGeneration: () => number;
  /** Signs a tree head that names the header as it is now; durable and remembered when it resolves. */
  readonly renewHead: () => Promise<void>;
  /** Tree heads follow this counter from now on; null: none, and the value stays where none is given. */
  readonly follow: (counter: RollbackCounter | null, value?: bigint) => void;
  /** Told after each durable step. */
  readonly reached?: (step: string) => void;
}

export function wrappingOf({ vault, keyring }: KeyWork): Wrapping {
  return { uuid: vault.uuid, keyring, epochs: vault.header };
}

/**
 * Writes the next header, then a head that names it. A header may be one ahead of the head that is there, never two: so that
 * a crash before, between and after leaves a vault that opens.
 * @param written called as soon as the header is in place
 */
export async function changeHeader(
  work: KeyWork,
  change: (before: UnsignedHeader) => Partial<UnsignedHeader>,
  written?: () => void,
): Promise<void> {
  const { vault, keyring } = work;
  if (work.namedGeneration() !== vault.header.generation) await work.renewHead();
  const { signature: _, ...before } = vault.header;
  await vault.replaceHeader({ ...before, ...change(before), generation: before.generation + 1 }, keyring);
  written?.();
  work.reached?.('header');
  await work.renewHead();
  work.reached?.('head');
}

/** As {@link changeHeader}, for one that brings in a slot: where no header has it then, its counter goes again. */
export async function enter(
  work: KeyWork,
  session: TpmSession,
  slot: TpmSlot,
  change: (before: UnsignedHeader) => Partial<UnsignedHeader>,
): Promise<void> {
  try {
    await changeHeader(work, change);
  } catch (error) {
    if (!work.vault.header.slots.some(({ id }) => id === slot.id)) await release(session, slot);
    throw error;
  }
}

/** A place in the list that no slot has. @throws SherinError KEY_SLOTS_FULL */
export function freeId(header: Header): number {
  if (header.slots.length >= mostSlots)
    throw new SherinError('KEY_SLOTS_FULL', { part: `${mostSlots} are the most` });
  for (let id = 0; ; id++) if (!header.slots.some((slot) => slot.id === id)) return id;
}

/** What a slot is by itself, there or about to be. */
type SlotKind = Pick<Slot, 'type'> & { readonly pin?: boolean };

/**
 * Where the TPM is asked at each open there is a slot that can answer, also after a change.
 * @param left the slots that there will be. @throws SherinError KEY_SLOT_ASKED
 */
export function requireAskable({ vault, perOpen }: KeyWork, left: readonly SlotKind[]): void {
  const answers = ({ type, pin }: SlotKind): boolean => type === 'tpm2' && pin !== true;
  const last = vault.header.slots.find(answers);
  if (perOpen.length === 0 || last === undefined || left.some(answers)) return;
  throw new SherinError('KEY_SLOT_ASKED', { slot: last.id, namespaces: perOpen.join(', ') });
}

/**
 * Begins a rollback counter in a vault that has none. The head names its value before the header names the counter: an opening
 * between the two does not look at it, an opening after finds them equal.
 */
export async function beginCounter(work: KeyWork): Promise<void> {
  const { vault, keyring } = work;
  const { index, value } = await defineCounter(vault.tpm.session(), keyring);
  work.follow(null, value);
  try {
    await work.renewHead();
    work.reached?.('count');
    await changeHeader(work, () => ({ counter: index }));
  } catch (error) {
    if (vault.header.counter === null) await undefine(vault.tpm.session(), indexOf(index));
    else work.follow(vault.counter(keyring), value);
    throw error;
  }
  work.follow(vault.counter(keyring), value);
}
