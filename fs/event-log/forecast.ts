/** What the next boot will measure, as far as what it will measure can be looked at now: the log of this boot with what has changed since. */
import { createHash } from 'node:crypto';
import { choiceDoubt, isEntryEvent } from './boot-entry.js';
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
  /** Those of them before anything that is in doubt: whatever follows, the value is not that of this boot. */
  readonly settled: readonly string[];
  /** Why the value may still be another. */
  readonly doubts: readonly string[];
}

/** Written by firmware and boot programs from what they find then. */
const firmwarePcrs = 8;
const programTypes: ReadonlySet<number> = new Set([
  ...[EventType.bootServicesApplication, EventType.bootServicesDriver, EventType.runtimeServicesDriver],
]);

/** What a boot entry decides: which program is started, from which disk, and by which key it is trusted. */
const entryPcrs: ReadonlySet<number> = new Set([4, 5, 7]);

interface Expected {
  readonly event: BootEvent;
  readonly doubt?: string;
}

interface Compared extends Expected {
  /** The same event of this boot. */
  readonly before: BootEvent;
}

export async function forecast(
  events: readonly BootEvent[],
  bank: Bank,
  pcrs: readonly number[],
  machine: MachineFacts,
): Promise<ReadonlyMap<number, PcrForecast>> {
  const choice = await choiceDoubt(events, (guid, name) => machine.variable(guid, name));
  const expected = withConsequences(await expectedEvents(events, bank, machine), choice);
  const values = replay(
    expected.map(({ event }) => event),
    bank,
  );
  return new Map(
    pcrs.map((pcr) => {
      const own = expected.filter(({ event }) => event.pcr === pcr);
      const changes = changesOf(own);
      const firstDoubt = own.findIndex(({ doubt }) => doubt !== undefined);
      const settled = firstDoubt < 0 ? changes : changesOf(own.slice(0, firstDoubt));
      const doubts = [...new Set(own.flatMap(({ doubt }) => doubt ?? []))];
      return [pcr, { value: values.get(pcr) ?? null, changes, settled, doubts }];
    }),
  );
}

async function expectedEvents(
  events: readonly BootEvent[],
  bank: Bank,
  machine: MachineFacts,
): Promise<readonly Compared[]> {
  const found: Compared[] = [];
  let partition: string | null = null;
  let loader = false;
  for (const before of events) {
    if (programTypes.has(before.type)) partition = imagePath(before.data)?.partition ?? partition;
    const next = await expectedEvent(before, bank, partition, machine);
    const application = isApplication(before);
    found.push({ before, ...(application && loader ? startedByLoader(next) : next) });
    loader ||= application;
  }
  return found;
}

/** One that firmware does not bring along. */
function isApplication({ type, data }: BootEvent): boolean {
  return type === EventType.bootServicesApplication && imagePath(data)?.firmwareFile == null;
}

/** Firmware starts the first application, which a boot entry names; each further one is chosen by the one before. */
function startedByLoader(next: Expected): Expected {
  return { doubt: `${describe(next.event).subject} is what a boot loader finds then`, ...next };
}

/** Doubts that follow from other events: the firmware's part of a PCR ends with a separator, and what it trusts a program by stands alone. */
function withConsequences(expected: readonly Compared[], choice: string | undefined): readonly Compared[] {
  const entries = choice ?? entryDoubt(expected);
  const trust = expected.some(otherProgram)
    ? 'another boot program may be trusted by another key'
    : undefined;
  return expected.map((next) => {
    const { type, pcr } = next.event;
    const ends = type === EventType.separator && entryPcrs.has(pcr);
    const doubt = ends ? entries : type === EventType.variableAuthority ? trust : undefined;
    return doubt === undefined ? next : { doubt, ...next };
  });
}

function entryDoubt(expected: readonly Compared[]): string | undefined {
  const entries = expected.filter(({ event }) => isEntryEvent(event));
  const same = entries.every(({ event, before, doubt }) => event === before && doubt === undefined);
  return same ? undefined : 'another boot entry may be started';
}

function otherProgram({ event, before, doubt }: Compared): boolean {
  return (programTypes.has(event.type) && event !== before) || (isApplication(event) && doubt !== undefined);
}

function changesOf(expected: readonly Compared[]): readonly string[] {
  return expected.flatMap(({ event, before }) =>
    event === before ? [] : [changeWords({ kind: 'changed', before, after: event })],
  );
}

async function expectedEvent(
  event: BootEvent,
  bank: Bank,
  partition: string | null,
  machine: MachineFacts,
): Promise<Expected> {
  if (event.type === EventType.variableDriverConfig || isEntryEvent(event))
    return expectedVariable(event, bank, machine);
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
