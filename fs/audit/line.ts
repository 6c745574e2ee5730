/** The three kinds of lines of an audit segment (FORMAT.md, "Audit log"): canonical JSON, strictly parsed. */

import { jcs } from '../../common/jcs.js';
import { Frontier } from '../../common/merkle.js';
import { canonicalText } from '../../common/strict-json.js';
import { type AuditEvent, eventFault } from './event.js';

/** Format version of lines. */
export const lineVersion = 1;

export interface RecordLine extends AuditEvent {
  readonly v: 1;
  /** Position in the log, from 0. */
  readonly seq: number;
  /** RFC 3339 UTC time of recording. */
  readonly ts: string;
  /** Leaf hash of the record before, base64; zeros for the first. */
  readonly prev: string;
  /** HMAC-SHA256 under K_audit over the JCS of the record without `mac`, base64. */
  readonly mac: string;
}

export interface HeadLine {
  readonly v: 1;
  readonly head: {
    /** Number of records so far. */
    readonly size: number;
    /** Root over their leaf hashes, base64. */
    readonly root: string;
    /** Nanoseconds since 1970 as a decimal number. */
    readonly time: string;
  };
  readonly signature: string;
}

export interface CheckpointLine {
  readonly v: 1;
  readonly checkpoint: {
    /** Number of this segment, from 1. */
    readonly segment: number;
    readonly size: number;
    readonly root: string;
    readonly time: string;
    /** Roots of the complete subtrees of the records so far, largest first, base64. */
    readonly frontier: readonly string[];
    readonly prev: string;
  };
  readonly mac: string;
  /** Over size, root and time, as in a head line. */
  readonly signature: string;
}

export type Line = RecordLine | HeadLine | CheckpointLine;
export type LineKind = 'record' | 'head' | 'checkpoint';

/** A line is not what FORMAT.md allows; `message` says in which way. */
export class MalformedLine extends Error {}

/** The kind follows from the first member in canonical order. */
export function lineKind(bytes: Buffer): LineKind | null {
  const start = bytes.toString('latin1', 0, 14);
  if (start.startsWith('{"actor":')) return 'record';
  if (start.startsWith('{"head":')) return 'head';
  return start.startsWith('{"checkpoint":') ? 'checkpoint' : null;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(bytes: Buffer): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new MalformedLine('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedLine('it is no object');
  // one text for one meaning: the hash of the bytes is then a hash of the meaning
  if (canonicalText(value) !== text) throw new MalformedLine('it is not in canonical form');
  return value as Record<string, unknown>;
}

function members(value: unknown, ...names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new MalformedLine('a member is missing');
  const keys = Object.keys(value);
  if (keys.length !== names.length || !names.every((name) => keys.includes(name)))
    throw new MalformedLine('it has other members than it should');
  return value as Record<string, unknown>;
}

function base64(value: unknown, length: number): string {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'base64');
    if (bytes.length === length && bytes.toString('base64') === value) return value;
  }
  throw new MalformedLine(`a member is not base64 of ${length} bytes`);
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedLine('a number is out of bounds');
}

function nanoseconds(value: unknown): string {
  if (typeof value === 'string' && /^(0|[1-9]\d{0,18})$/.test(value) && BigInt(value) < 2n ** 63n)
    return value;
  throw new MalformedLine('a time is out of bounds');
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function parseRecord(object: Record<string, unknown>): RecordLine {
  members(object, 'v', 'seq', 'ts', 'event', 'id', 'actor', 'meta', 'prev', 'mac');
  count(object.seq);
  base64(object.prev, 32);
  base64(object.mac, 32);
  if (typeof object.ts !== 'string' || !timestamp.test(object.ts))
    throw new MalformedLine('its ts is no time');
  const fault = eventFault(object);
  if (fault !== null) throw new MalformedLine(fault);
  return object as unknown as RecordLine;
}

function parseHead(object: Record<string, unknown>): HeadLine {
  members(object, 'v', 'head', 'signature');
  const head = members(object.head, 'size', 'root', 'time');
  count(head.size);
  base64(head.root, 32);
  nanoseconds(head.time);
  base64(object.signature, 64);
  return object as unknown as HeadLine;
}

function parseCheckpoint(object: Record<string, unknown>): CheckpointLine {
  members(object, 'v', 'checkpoint', 'mac', 'signature');
  const point = members(object.checkpoint, 'segment', 'size', 'root', 'time', 'frontier', 'prev');
  const frontier = point.frontier;
  if (!Array.isArray(frontier) || frontier.length > 53) throw new MalformedLine('its frontier is malformed');
  count(point.segment);
  nanoseconds(point.time);
  for (const subtree of frontier) base64(subtree, 32);
  for (const hash of [point.root, point.prev, object.mac]) base64(hash, 32);
  base64(object.signature, 64);
  if (checkpointFrontier(count(point.size), frontier).root().toString('base64') !== point.root)
    throw new MalformedLine('its frontier is not that of its root');
  return object as unknown as CheckpointLine;
}

function checkpointFrontier(size: number, subtrees: readonly string[]): Frontier {
  try {
    return new Frontier(
      size,
      subtrees.map((subtree) => Buffer.from(subtree, 'base64')),
    );
  } catch {
    throw new MalformedLine('its frontier does not fit its size');
  }
}

/** The frontier that a parsed checkpoint carries. */
export function frontierOf(line: CheckpointLine): Frontier {
  return checkpointFrontier(line.checkpoint.size, line.checkpoint.frontier);
}

/** Parses a line without its line end. @throws MalformedLine */
export function parseLine(bytes: Buffer): Line {
  const object = parseObject(bytes);
  if (object.v !== lineVersion) throw new MalformedLine(`its version is not ${lineVersion}`);
  if ('head' in object) return parseHead(object);
  return 'checkpoint' in object ? parseCheckpoint(object) : parseRecord(object);
}

/** What a record's or checkpoint's MAC covers: the canonical line without the members made last. */
export function macMessage(line: Omit<RecordLine, 'mac'> | Pick<CheckpointLine, 'v' | 'checkpoint'>): Buffer {
  return Buffer.from(jcs(line), 'utf8');
}
