/** Makes the lines of a segment; what `line.ts` parses. */
import type { CubeId, SherinId } from '../../common/ids.js';
import { jcs } from '../../common/jcs.js';
import { Frontier } from '../../common/merkle.js';
import { isShortName } from '../../common/short-name.js';
import { type AuditEvent, boundedEvent, type EventSeries, longestLine } from './event.js';
import { unwritable } from './fault.js';
import { macMessage } from './line.js';
import type { Mac } from './replay.js';
import { headMessage } from './signed-head.js';

/** An event turned into the parts of its canonical line that don't depend on its place in the log. */
export interface Prepared {
  /** `{"actor":…,"event":…,"id":…,` */
  readonly start: string;
  /** `"meta":…,` */
  readonly meta: string;
}

const hashBytes = 32;
/** As long as an ID may be. */
const longestId = 'x'.repeat(64);
/** Bytes that `mac`, `prev`, `seq`, `ts`, `v` and the line end add at most. */
const placeBytes = 200;

/** @throws SherinError AUDIT_UNWRITABLE when the event does not fit a line */
export function prepare(event: AuditEvent): Prepared {
  return prepareBounded(boundedEvent(event));
}

/**
 * As {@link prepare} for each event of a series, in the work of one: JSON writes a short name as it is, so that their lines differ by it alone.
 * @throws as {@link prepare}, where the one with the longest name does not fit
 */
export function prepareSeries({ about, ...event }: EventSeries): Prepared[] {
  const [first = '', ...others] = about;
  if (!about.every(isShortName)) throw unwritable('record refused: what it is about is no short name');
  const longest = others.reduce((one, other) => (other.length > one.length ? other : one), first);
  const { start, meta } = prepare({ ...event, meta: { ...event.meta, about: longest } });
  // A quote within a text is escaped: this stands there once, as a member.
  const member = `"about":"${longest}"`;
  const [before, after] = meta.split(member);
  return about.map((name) => ({ start, meta: `${before}"about":"${name}"${after}` }));
}

/** Prepares events that differ by their IDs alone, in the work of one. */
export class PreparedByIds {
  readonly #event: Omit<AuditEvent, 'id'>;
  /** Up to the ID, and behind it. */
  #parts: readonly [string, string] | null = null;

  constructor(event: Omit<AuditEvent, 'id'>) {
    this.#event = event;
  }

  /** @throws as {@link prepare} */
  of(id: SherinId | CubeId): Prepared {
    this.#parts ??= this.#split();
    const [before, meta] = this.#parts;
    return { start: `${before}${id}",`, meta };
  }

  /** The ID is the last member of its part, and JSON writes one as it is. */
  #split(): readonly [string, string] {
    const { start, meta } = prepare({ ...this.#event, id: longestId });
    return [start.slice(0, -`${longestId}",`.length), meta];
  }
}

/** As {@link prepare} for an event whose bounds have been checked. */
export function prepareBounded({ actor, event, id, meta }: AuditEvent): Prepared {
  try {
    const { exe, pid, uid } = actor;
    const who = `{"exe":${jcs(exe)},"pid":${jcs(pid)},"uid":${jcs(uid)}}`;
    const start = `{"actor":${who},"event":${jcs(event)},"id":${jcs(id)},`;
    const prepared = { start, meta: `"meta":${jcs(meta)},` };
    const bytes = Buffer.byteLength(prepared.start) + Buffer.byteLength(prepared.meta) + placeBytes;
    if (bytes > longestLine) throw new RangeError(`a record of ${bytes} bytes is longer than ${longestLine}`);
    return prepared;
  } catch (error) {
    throw unwritable(error instanceof Error ? error.message : error);
  }
}

/** Where the log ends: number and leaf hash of the last record, and the subtrees of all one after another. */
export interface LogEnd {
  readonly size: number;
  readonly prev: Buffer;
  readonly subtrees: Buffer;
}

/** Lines of records as they stand in a segment, and the end behind them. */
export interface ChainedRecords {
  readonly lines: Buffer;
  readonly end: LogEnd;
}

/** Chains and authenticates records under K_audit; `parts` as {@link partsOf} gives them. */
export type Chain = (parts: Buffer, ts: string, end: LogEnd) => ChainedRecords;

export function endOf({ size, subtrees }: Frontier, prev: Buffer): LogEnd {
  return { size, prev, subtrees: Buffer.concat(subtrees) };
}

export function frontierAt({ size, subtrees }: LogEnd): Frontier {
  const count = subtrees.length / hashBytes;
  return new Frontier(
    size,
    Array.from({ length: count }, (_, at) => subtrees.subarray(at * hashBytes, (at + 1) * hashBytes)),
  );
}

/** The two pieces of each record, each with a line feed, which canonical JSON has none of. */
export function partsOf(group: readonly Prepared[]): Buffer {
  let text = '';
  for (const { start, meta } of group) text += `${start}\n${meta}\n`;
  return Buffer.from(text, 'utf8');
}

export interface Signing {
  readonly uuid: Buffer;
  readonly sign: (message: Buffer) => Buffer;
  readonly mac: Mac;
  readonly chain: Chain;
}

/** The line that ends a group. @param time nanoseconds since 1970 */
export function headLine(size: number, root: Buffer, time: bigint, { uuid, sign }: Signing): Buffer {
  const signature = sign(headMessage(uuid, size, root, time)).toString('base64');
  const head = { size, root: root.toString('base64'), time: time.toString() };
  return Buffer.from(jcs({ v: 1, head, signature }), 'utf8');
}

/** First line of a segment: what is needed to go on, or to verify from here. */
export function checkpointLine(
  segment: number,
  frontier: Frontier,
  prev: Buffer,
  time: bigint,
  { uuid, sign, mac }: Signing,
): Buffer {
  const checkpoint = {
    segment,
    size: frontier.size,
    root: frontier.root().toString('base64'),
    time: time.toString(),
    frontier: frontier.subtrees.map((subtree) => subtree.toString('base64')),
    prev: prev.toString('base64'),
  };
  const code = mac(macMessage({ v: 1, checkpoint })).toString('base64');
  const signature = sign(headMessage(uuid, frontier.size, frontier.root(), time)).toString('base64');
  return Buffer.from(jcs({ v: 1, checkpoint, mac: code, signature }), 'utf8');
}
