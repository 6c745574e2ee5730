/** What the next boot will measure, as far as what it will measure can be looked at now: the log of this boot with what has changed since. */
import { createHash } from 'node:crypto';
import { changeWords } from './change-words.js';
import { describe } from './describe.js';
import { imagePath } from './device-path.js';
import { parseVariable, variableData } from './efi-variable.js';
import type { Bank, BootEvent } from './event-log.js';
import { EventType } from './event-types.js';
import { replay } from './replay.js';

/** The machine as it is now. Null: there is none; undefined: it can't be looked at. */
export interface MachineFacts {
  variable(guid: string, name: string): Promise<Buffer | null | undefined>;
  /** Measured hash of a boot program, by partition and path as EFI names them. */
  program(partition: string, file: string, bank: Bank): Promise<Buffer | null | undefined>;
}

export interface PcrForecast {
  /** Null where the log has no digests for it. */
  readonly value: Buffer | null;
  /** What is known to have changed. */
  readonly changes: readonly string[];
  /** Why the value may still be another. */
  readonly doubts: readonly string[];
}

/** Written by firmware and boot programs from what they find then. */
const firmwarePcrs = 8;
const variableTypes: ReadonlySet<number> = new Set([
  ...[EventType.variableDriverConfig, EventType.variableBoot, EventType.variableBoot2],
]);
const programTypes: ReadonlySet<number> = new Set([
  ...[EventType.bootServicesApplication, EventType.bootServicesDriver, EventType.runtimeServicesDriver],
]);

interface Expected {
  readonly event: BootEvent;
  readonly doubt?: string;
}

export async function forecast(
  events: readonly BootEvent[],
  bank: Bank,
  pcrs: readonly number[],
  machine: MachineFacts,
): Promise<ReadonlyMap<number, PcrForecast>> {
  const expected: Expected[] = [];
  let partition: string | null = null;
  let otherProgram = false;
  for (const event of events) {
    if (programTypes.has(event.type)) partition = imagePath(event.data)?.partition ?? partition;
    const next = await expectedEvent(event, bank, partition, machine);
    if (programTypes.has(event.type) && next.event !== event) otherProgram = true;
    expected.push(next);
  }
  const values = replay(
    expected.map(({ event }) => event),
    bank,
  );
  return new Map(
    pcrs.map((pcr) => {
      const own = expected.flatMap((next, index) =>
        next.event.pcr === pcr ? [{ ...next, before: events[index] }] : [],
      );
      const changes = own.flatMap(({ event, before }) =>
        before === undefined || before === event
          ? []
          : [changeWords({ kind: 'changed', before, after: event })],
      );
      const doubts = own.flatMap(({ doubt }) => doubt ?? []);
      const trusted = own.some(({ event }) => event.type === EventType.variableAuthority);
      if (trusted && otherProgram) doubts.push('another boot program may be trusted by another key');
      return [pcr, { value: values.get(pcr) ?? null, changes, doubts: [...new Set(doubts)] }];
    }),
  );
}

async function expectedEvent(
  event: BootEvent,
  bank: Bank,
  partition: string | null,
  machine: MachineFacts,
): Promise<Expected> {
  if (variableTypes.has(event.type)) return expectedVariable(event, bank, machine);
  if (programTypes.has(event.type)) return expectedProgram(event, bank, partition, machine);
  if (event.type !== EventType.noAction && event.pcr >= firmwarePcrs)
    return { event, doubt: `${describe(event).subject} is what a boot program finds then` };
  return { event };
}

/** Firmware measures the whole structure, or for boot entries the value alone: what led to the digest tells which. */
async function expectedVariable(event: BootEvent, bank: Bank, machine: MachineFacts): Promise<Expected> {
  const variable = parseVariable(event.data);
  const { subject } = describe(event);
  if (variable === null) return { event, doubt: `${subject} can not be read from the log` };
  const now = await machine.variable(variable.guid, variable.name);
  if (now === undefined) return { event, doubt: `${subject} can not be read` };
  const value = now ?? Buffer.alloc(0);
  if (value.equals(variable.value)) return { event };
  const data = variableData(event.data, variable, value);
  const digest = event.digests.get(bank);
  const hash = (bytes: Buffer): Buffer => createHash(bank).update(bytes).digest();
  if (digest?.equals(hash(event.data)) === true) return { event: changed(event, bank, hash(data), data) };
  if (digest?.equals(hash(variable.value)) === true)
    return { event: changed(event, bank, hash(value), data) };
  return { event, doubt: `${subject} has changed, and the log does not tell how it is measured` };
}

async function expectedProgram(
  event: BootEvent,
  bank: Bank,
  partition: string | null,
  machine: MachineFacts,
): Promise<Expected> {
  const path = imagePath(event.data);
  if (path?.firmwareFile != null) return { event };
  const { subject } = describe(event);
  if (path?.file == null || partition === null) return { event, doubt: `${subject} can not be looked at` };
  const digest = await machine.program(partition, path.file, bank);
  if (digest === undefined) return { event, doubt: `${subject} can not be looked at` };
  if (digest === null) return { event, doubt: `${subject} is not there any more` };
  return digest.equals(event.digests.get(bank) ?? Buffer.alloc(0))
    ? { event }
    : { event: changed(event, bank, digest, event.data) };
}

function changed(event: BootEvent, bank: Bank, digest: Buffer, data: Buffer): BootEvent {
  return { ...event, digests: new Map([...event.digests, [bank, digest]]), data };
}
