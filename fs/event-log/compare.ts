/** What differs between the events of two boots, PCR by PCR. */

import { describe } from './describe.js';
import type { Bank, BootEvent } from './event-log.js';
import { EventType } from './event-types.js';

export type EventChange =
  | { readonly kind: 'changed'; readonly before: BootEvent; readonly after: BootEvent }
  | { readonly kind: 'added'; readonly after: BootEvent }
  | { readonly kind: 'removed'; readonly before: BootEvent };

/** How far an event that is not where it was is looked for. */
const window = 64;

/** The events that extend a PCR, in order. */
export function eventsOf(events: readonly BootEvent[], pcr: number): readonly BootEvent[] {
  return events.filter((event) => event.pcr === pcr && event.type !== EventType.noAction);
}

/** In the order of the log; empty where both extend the PCR alike. */
export function compareEvents(
  before: readonly BootEvent[],
  after: readonly BootEvent[],
  bank: Bank,
): readonly EventChange[] {
  const changes: EventChange[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [was, is] = [before[i], after[j]];
    if (was !== undefined && is !== undefined && !sameEvent(was, is, bank)) {
      const step = apart(before, i, after, j, bank);
      if (step.added === 0 && step.removed === 0) changes.push({ kind: 'changed', before: was, after: is });
      for (const event of before.slice(i, i + step.removed)) changes.push({ kind: 'removed', before: event });
      for (const event of after.slice(j, j + step.added)) changes.push({ kind: 'added', after: event });
      i += Math.max(step.removed, step.added === 0 ? 1 : 0);
      j += Math.max(step.added, step.removed === 0 ? 1 : 0);
      continue;
    }
    if (was === undefined && is !== undefined) changes.push({ kind: 'added', after: is });
    if (is === undefined && was !== undefined) changes.push({ kind: 'removed', before: was });
    i += 1;
    j += 1;
  }
  return changes;
}

/** Whether the two that stand here are one thing that changed, or how many were added or removed before they meet again. */
function apart(
  before: readonly BootEvent[],
  i: number,
  after: readonly BootEvent[],
  j: number,
  bank: Bank,
): { readonly added: number; readonly removed: number } {
  const [was, is] = [before[i], after[j]];
  if (was === undefined || is === undefined) return { added: 0, removed: 0 };
  if (describe(was).subject === describe(is).subject && !later(after, j, was, bank))
    return { added: 0, removed: 0 };
  const added = after.slice(j, j + window).findIndex((event) => sameEvent(was, event, bank));
  const removed = before.slice(i, i + window).findIndex((event) => sameEvent(event, is, bank));
  if (added > 0 && (removed <= 0 || added <= removed)) return { added, removed: 0 };
  if (removed > 0) return { added: 0, removed };
  return { added: 0, removed: 0 };
}

function later(events: readonly BootEvent[], from: number, wanted: BootEvent, bank: Bank): boolean {
  return events.slice(from + 1, from + 1 + window).some((event) => sameEvent(wanted, event, bank));
}

function sameEvent(a: BootEvent, b: BootEvent, bank: Bank): boolean {
  const [one, other] = [a.digests.get(bank), b.digests.get(bank)];
  return one !== undefined && other !== undefined && one.equals(other);
}
