import { SherinError } from '../../common/errors.js';

export interface AuditActor {
  readonly uid: number | null;
  readonly pid: number | null;
  /** Base name of `/proc/PID/exe`; advisory, a program may call itself anything. */
  readonly exe: string | null;
}

export type AuditValue = string | number | boolean | null | readonly (readonly number[])[];

/** One thing that happened. Holds IDs, never content, path names or keys. */
export interface AuditEvent {
  /** `AUDIT_…` */
  readonly event: string;
  /** Sherin ID or cube ID it is about. */
  readonly id: string | null;
  readonly actor: AuditActor;
  readonly meta: Readonly<Record<string, AuditValue>>;
}

/** Events that differ by nothing but `meta.about`, which is each of these short names in turn. */
export interface EventSeries extends AuditEvent {
  readonly about: readonly string[];
}

/** Longest line of a segment, its line end included. */
export const longestLine = 4096;
const longestExe = 255;

const eventName = /^AUDIT_[A-Z0-9_]{1,58}$/;
const metaName = /^[a-z][A-Za-z0-9]{0,31}$/;

/** Members that the log itself gives to records taken in from `pending.jsonl`. */
const reservedMeta: ReadonlySet<string> = new Set(['unauthenticated', 'claimedTs']);

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isId(value: unknown): boolean {
  return value === null || (isNumber(value) && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff);
}

function isValue(value: unknown): value is AuditValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (isNumber(value)) return true;
  return Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every(isNumber));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isActor(value: unknown): value is AuditActor {
  if (!isRecord(value) || Object.keys(value).length !== 3) return false;
  const exe = value.exe;
  if (exe !== null && (typeof exe !== 'string' || Buffer.byteLength(exe) > longestExe)) return false;
  return isId(value.uid) && isId(value.pid);
}

/** Why `value`'s event members do not fit an audit record, or null. Reads hostile input. */
export function eventFault(value: Record<string, unknown>): string | null {
  if (typeof value.event !== 'string' || !eventName.test(value.event)) return 'its event has no name';
  const id = value.id;
  if (id !== null && (typeof id !== 'string' || id.length > 64)) return 'its id is not an ID';
  if (!isActor(value.actor)) return 'its actor is malformed';
  const meta = value.meta;
  if (!isRecord(meta)) return 'its meta is malformed';
  for (const [name, entry] of Object.entries(meta)) {
    if (!metaName.test(name) || !isValue(entry)) return `its meta member ${name.slice(0, 32)} is malformed`;
  }
  return null;
}

/** Cut to 255 bytes of well-formed text: the name comes from the file system and may be anything. */
function boundedExe(exe: string | null): string | null {
  if (exe === null) return null;
  let bytes = Buffer.from(exe.slice(exe.lastIndexOf('/') + 1), 'utf8').subarray(0, longestExe);
  // a sequence cut in the middle would grow when it is replaced by U+FFFD
  while (Buffer.byteLength(bytes.toString('utf8')) > longestExe) bytes = bytes.subarray(0, bytes.length - 1);
  return bytes.toString('utf8');
}

/** The event as it is recorded. @throws SherinError AUDIT_UNWRITABLE when it does not fit a record */
export function boundedEvent(event: AuditEvent): AuditEvent {
  const { uid, pid, exe } = event.actor;
  const actor = { uid, pid, exe: boundedExe(exe) };
  const bounded = { event: event.event, id: event.id, actor, meta: event.meta };
  const reserved = Object.keys(event.meta).find((name) => reservedMeta.has(name));
  const fault = reserved === undefined ? eventFault(bounded) : `meta member ${reserved} is the log's own`;
  if (fault !== null) throw new SherinError('AUDIT_UNWRITABLE', { part: `record refused: ${fault}` });
  return bounded;
}
