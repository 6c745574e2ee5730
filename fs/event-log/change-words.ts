/** A difference between two boots as a sentence: what it is about, which event, from what to what. */
import type { EventChange } from './compare.js';
import { describe } from './describe.js';
import { parseVariable } from './efi-variable.js';
import type { BootEvent } from './event-log.js';
import { EventType } from './event-types.js';
import { parseSignatureLists, type SignatureEntry } from './signature-list.js';

export function changeWords(change: EventChange): string {
  if (change.kind === 'added')
    return `${whole(change.after)} was not measured before (event ${change.after.number})`;
  if (change.kind === 'removed')
    return `${whole(change.before)} is not measured any more (it was event ${change.before.number})`;
  const { before, after } = change;
  const [was, is] = [describe(before), describe(after)];
  const place =
    before.number === after.number
      ? `event ${after.number}`
      : `event ${after.number}, before ${before.number}`;
  if (was.subject !== is.subject) return `${whole(before)} gave way to ${whole(after)} (${place})`;
  return `${is.subject} changed (${place})${fromTo(before, after, was.detail, is.detail)}`;
}

function whole(event: BootEvent): string {
  const { subject, detail } = describe(event);
  return detail === null ? subject : `${subject}: ${detail}`;
}

function fromTo(before: BootEvent, after: BootEvent, was: string | null, is: string | null): string {
  const counted = listChange(before, after);
  if (counted !== null) return `: ${counted}`;
  return was === is || was === null || is === null ? '' : `: it was ${was}, is ${is}`;
}

/** Entries that came and went in a signature database. */
function listChange(before: BootEvent, after: BootEvent): string | null {
  const [was, is] = [entriesOf(before), entriesOf(after)];
  if (was === null || is === null) return null;
  const count = (list: ReadonlySet<string>, other: ReadonlySet<string>): number =>
    [...list].filter((entry) => !other.has(entry)).length;
  const [added, removed] = [count(is, was), count(was, is)];
  const changes = [
    ...(added > 0 ? [`${entries(added)} added`] : []),
    ...(removed > 0 ? [`${entries(removed)} removed`] : []),
  ];
  return changes.length === 0 ? null : `${changes.join(', ')}, ${is.size} in all`;
}

function entries(count: number): string {
  return count === 1 ? 'one entry' : `${count} entries`;
}

function entriesOf({ type, data }: BootEvent): ReadonlySet<string> | null {
  if (type !== EventType.variableDriverConfig) return null;
  const variable = parseVariable(data);
  const list =
    variable === null || variable.name === 'SecureBoot' ? null : parseSignatureLists(variable.value);
  return list === null
    ? null
    : new Set(list.map(({ kind, data: entry }: SignatureEntry) => `${kind} ${entry.toString('hex')}`));
}
