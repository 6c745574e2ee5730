/** Lines of the audit log (FORMAT.md, "Audit log"). */
import { bytesToHex, fromBase64, i64, join, u64 } from './bytes.js';
import {
  asList,
  asObject,
  asText,
  asWhole,
  hasMembers,
  type Json,
  type JsonObject,
  jcs,
  parseJcs,
  without,
} from './json.js';
import { type Master, mac, subkey, verify } from './keys.js';
import { must, Refused } from './refused.js';

export interface Point {
  readonly size: number;
  readonly root: Uint8Array;
  readonly time: bigint;
}

export type AuditLine =
  | { readonly type: 'record'; readonly seq: number; readonly prev: Uint8Array; readonly event: string }
  | { readonly type: 'head'; readonly point: Point }
  | {
      readonly type: 'checkpoint';
      readonly point: Point;
      readonly segment: number;
      readonly frontier: readonly Uint8Array[];
      readonly prev: Uint8Array;
    };

/** What lines are checked with; without the master key the MACs stay unchecked. */
export interface AuditKeys {
  readonly uuid: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly master: Master | null;
}

const mostLine = 4096;
const most = Number.MAX_SAFE_INTEGER;
const hash = (value: Json | undefined, name: string): Uint8Array => fromBase64(asText(value, name), 32);

function checkMac(object: JsonObject, keys: AuditKeys): void {
  const tag = hash(object.mac, 'mac');
  if (keys.master === null) return;
  const covered = jcs(without(without(object, 'mac'), 'signature'));
  const expected = mac(subkey(keys.master, 'audit'), join(covered));
  if (bytesToHex(expected) !== bytesToHex(tag)) throw new Refused('log', 'the MAC of an audit line');
}

function pointOf(object: JsonObject): Point {
  const time = asText(object.time, 'time');
  must(/^(0|-?[1-9]\d{0,18})$/.test(time), 'time of a head');
  return { size: asWhole(object.size, 'size', 0, most), root: hash(object.root, 'root'), time: BigInt(time) };
}

function checkSignature(point: Point, signature: Json | undefined, keys: AuditKeys): void {
  const layout = join(u64(point.size), point.root, i64(point.time));
  verify(keys.publicKey, keys.uuid, 'audit-head', layout, fromBase64(asText(signature, 'signature'), 64));
}

function orNull(value: Json | undefined, check: (value: Json) => void): void {
  must(value !== undefined, 'a member is missing');
  if (value !== null) check(value);
}

function checkMeta(value: Json): void {
  for (const [name, member] of Object.entries(asObject(value, 'meta'))) {
    must(/^[a-z][A-Za-z0-9]{0,31}$/.test(name), 'a name in meta');
    if (member === null || typeof member !== 'object') continue;
    for (const row of asList(member, 'meta')) {
      must(
        asList(row, 'meta').every((entry) => typeof entry === 'number'),
        'meta',
      );
    }
  }
}

function readRecord(object: JsonObject, keys: AuditKeys): AuditLine {
  hasMembers(object, ['v', 'seq', 'ts', 'event', 'id', 'actor', 'meta', 'prev', 'mac'], 'an audit record');
  checkMac(object, keys);
  must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(asText(object.ts, 'ts')), 'ts');
  const event = asText(object.event, 'event');
  must(/^AUDIT_[A-Z0-9_]{1,58}$/.test(event), 'event');
  orNull(object.id, (id) => asText(id, 'id'));
  const actor = asObject(object.actor, 'actor');
  hasMembers(actor, ['uid', 'pid', 'exe'], 'actor');
  orNull(actor.uid, (uid) => asWhole(uid, 'uid', 0, 2 ** 32 - 1));
  orNull(actor.pid, (pid) => asWhole(pid, 'pid', 0, 2 ** 32 - 1));
  orNull(actor.exe, (exe) => asText(exe, 'exe'));
  checkMeta(asObject(object.meta, 'meta'));
  return { type: 'record', seq: asWhole(object.seq, 'seq', 0, most), prev: hash(object.prev, 'prev'), event };
}

function readCheckpoint(object: JsonObject, keys: AuditKeys): AuditLine {
  hasMembers(object, ['v', 'checkpoint', 'mac', 'signature'], 'a checkpoint');
  checkMac(object, keys);
  const body = asObject(object.checkpoint, 'checkpoint');
  hasMembers(body, ['segment', 'size', 'root', 'time', 'frontier', 'prev'], 'checkpoint');
  const point = pointOf(body);
  checkSignature(point, object.signature, keys);
  return {
    type: 'checkpoint',
    point,
    segment: asWhole(body.segment, 'segment', 1, 99_999_999),
    frontier: asList(body.frontier, 'frontier').map((subtree) => hash(subtree, 'frontier')),
    prev: hash(body.prev, 'prev'),
  };
}

function readHead(object: JsonObject, keys: AuditKeys): AuditLine {
  hasMembers(object, ['v', 'head', 'signature'], 'a head');
  const body = asObject(object.head, 'head');
  hasMembers(body, ['size', 'root', 'time'], 'head');
  const point = pointOf(body);
  checkSignature(point, object.signature, keys);
  return { type: 'head', point };
}

/** Reads one line without its line feed; MAC and signature are checked. @throws Refused */
export function readAuditLine(line: Uint8Array, keys: AuditKeys): AuditLine {
  must(line.length < mostLine, 'an audit line is too long');
  const object = parseJcs(line);
  must(object.v === 1, 'version of an audit line');
  if (object.checkpoint !== undefined) return readCheckpoint(object, keys);
  return object.head === undefined ? readRecord(object, keys) : readHead(object, keys);
}
