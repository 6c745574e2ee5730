/** Whether this boot was started by the entry that firmware starts when nobody chooses another one (UEFI 2.10, 3.1.3). */
import { type EfiVariable, parseVariable } from './efi-variable.js';
import type { BootEvent } from './event-log.js';
import { EventType } from './event-types.js';

/** Bits of a boot entry's attributes, its first four bytes. */
const active = 0x1;
const categoryMask = 0x1f00;
const categoryBoot = 0x0000;

const entryTypes: readonly number[] = [EventType.variableBoot, EventType.variableBoot2];

export function isEntryEvent({ type }: BootEvent): boolean {
  return entryTypes.includes(type);
}

/**
 * Why the next boot may start another entry than this one, for all that its entries and their order are the same; undefined where it does not.
 * @param variable of the machine as it is now; null: it is not there, undefined: it can't be looked at
 */
export async function choiceDoubt(
  events: readonly BootEvent[],
  variable: (guid: string, name: string) => Promise<Buffer | null | undefined>,
): Promise<string | undefined> {
  const measured = events.filter(isEntryEvent).flatMap(({ data }) => parseVariable(data) ?? []);
  const order = measured.find(({ name }) => name === 'BootOrder');
  if (order === undefined) return 'the order of boot entries was not measured in this boot';
  const current = await variable(order.guid, 'BootCurrent');
  if (current?.length !== 2) return 'which boot entry has started this boot can not be read (BootCurrent)';
  return current.equals(firstOf(order, measured))
    ? undefined
    : 'this boot was started by another boot entry than the first one in order, as by BootNext or by hand';
}

/** One that is not active, or is no way to boot, firmware passes over. */
function firstOf({ value }: EfiVariable, measured: readonly EfiVariable[]): Buffer {
  for (let at = 0; at + 2 <= value.length; at += 2) {
    const name = `Boot${value.readUInt16LE(at).toString(16).toUpperCase().padStart(4, '0')}`;
    const entry = measured.find((each) => each.name === name)?.value;
    const attributes = entry !== undefined && entry.length >= 4 ? entry.readUInt32LE(0) : active;
    if ((attributes & active) !== 0 && (attributes & categoryMask) === categoryBoot)
      return value.subarray(at, at + 2);
  }
  return Buffer.alloc(0);
}
