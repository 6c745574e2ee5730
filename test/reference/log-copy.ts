/** The copy of the manifest's log (FORMAT.md, "Copy of the log"). */
import { gcm } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, Cursor, concatBytes, equalBytes, isZero, join, u8, u16, u32, u64 } from './bytes.js';
import { encodeHead, signHead, type TreeHead, verifyHead } from './head.js';
import type { Header } from './header.js';
import { derive, journalKeys, type Master, sign, subkey, verify } from './keys.js';
import { nodeId } from './object-tree.js';
import { must, Refused } from './refused.js';

const headBytes = 64;
const frameLimit = 2 ** 20;
const endBytes = 68;
/** Of the last frame of a group: type, length, layout and signature of a tree head. */
const headEntryBytes = 261;
const mostGroups = 2 ** 18;
const mostEntry = 2 ** 26;
const types = { record: 1, node: 2, head: 3 } as const;

export interface CopiedLog {
  /** Layout and signature of the tree head that it ends with. */
  readonly head: readonly [Uint8Array, Uint8Array];
  readonly records: readonly Uint8Array[];
  /** By node ID, hex. */
  readonly nodes: ReadonlyMap<string, Uint8Array>;
}

interface SegmentHead {
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly salt: Uint8Array;
  readonly first: number;
}

/** What one group of a new segment has. */
export interface Group {
  readonly records: readonly Uint8Array[];
  readonly nodes: readonly Uint8Array[];
  readonly head: TreeHead;
}

function segmentHead(number: number, salt: Uint8Array, first: number): SegmentHead {
  const bytes = join('SHERIN:L', u16(1), u16(1), u32(number), salt, u64(first), new Uint8Array(8));
  return { bytes, number, salt, first };
}

function cipher(journalKey: Uint8Array, head: SegmentHead, index: number, length: number) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(8, index);
  const key = derive(journalKey, head.salt, join('segment', u64(head.number)));
  return gcm(key, nonce, join(head.bytes, u32(length)));
}

const entry = (type: number, bytes: Uint8Array): Uint8Array => join(u8(type), u32(bytes.length), bytes);

/** A segment of the vectors, each group in as few frames as it takes. */
export function encodeSegment(
  master: Master,
  { number, salt, first }: { readonly number: number; readonly salt: Uint8Array; readonly first: number },
  groups: readonly Group[],
): Uint8Array {
  const head = segmentHead(number, salt, first);
  let file = head.bytes;
  let index = 0;
  const frame = (plain: Uint8Array): void => {
    const sealed = cipher(subkey(master, 'journal'), head, index, plain.length).encrypt(plain);
    file = join(file, u32(plain.length), sealed);
    index += 1;
  };
  for (const { records, nodes, head: signed } of groups) {
    const entries = concatBytes(
      ...records.map((bytes) => entry(types.record, bytes)),
      ...nodes.map((bytes) => entry(types.node, bytes)),
    );
    for (let at = 0; at < entries.length; at += frameLimit) frame(entries.slice(at, at + frameLimit));
    frame(entry(types.head, join(encodeHead(signed), signHead(master, signed))));
    file = join(file, u32(0), sign(master, 'log-copy', sha256(file)));
  }
  return file;
}

/** @throws Refused malformed */
function readHead(file: Uint8Array, number: number): SegmentHead {
  const cursor = new Cursor(file);
  const magic = cursor.take(8);
  must(equalBytes(magic, join('SHERIN:L')), 'no segment of the copy of the log');
  must(cursor.u16() === 1 && cursor.u16() === 1, 'a segment of another version or suite');
  must(cursor.u32() === number, 'a segment of another number');
  const [salt, first] = [cursor.take(32), cursor.u64()];
  must(isZero(cursor.take(8)), 'reserved bytes of a segment are not zero');
  return { bytes: file.slice(0, headBytes), number, salt, first };
}

/** Where each group ends that has the form of one. */
function groupEnds(file: Uint8Array): number[] {
  const ends: number[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = headBytes, before = 0; at + 4 <= file.length && ends.length < mostGroups; ) {
    const length = view.getUint32(at, true);
    if (length > frameLimit || (length === 0 && before !== headEntryBytes)) break;
    at += length === 0 ? endBytes : 4 + length + 16;
    if (at > file.length) break;
    if (length === 0) ends.push(at);
    before = length;
  }
  return ends;
}

/** Bytes up to the end of the last group that is signed; 0: none is. */
function wholeBytes(header: Header, file: Uint8Array): number {
  for (const end of groupEnds(file).reverse()) {
    const signed = sha256(file.slice(0, end - endBytes));
    try {
      verify(header.publicKey, header.uuid, 'log-copy', signed, file.slice(end - 64, end));
      return end;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return 0;
}

function openFrame(master: Master, head: SegmentHead, index: number, sealed: Uint8Array): Uint8Array {
  for (const key of journalKeys(master)) {
    try {
      return cipher(key, head, index, sealed.length - 16).decrypt(sealed);
    } catch {
      // It may be of another epoch.
    }
  }
  throw new Refused('tag', `frame ${index} of segment ${head.number}`);
}

/** Entries of the groups of a segment, in order. @throws Refused */
function* entriesOf(
  master: Master,
  head: SegmentHead,
  file: Uint8Array,
): Iterable<{ readonly type: number; readonly bytes: Uint8Array }> {
  const cursor = new Cursor(file.slice(headBytes));
  for (let index = 0; cursor.left > 0; ) {
    const frames: Uint8Array[] = [];
    for (let length = cursor.u32(); length > 0; length = cursor.u32(), index += 1)
      frames.push(openFrame(master, head, index, cursor.take(length + 16)));
    cursor.take(64);
    const group = new Cursor(concatBytes(...frames));
    while (group.left > 0) {
      const [type, length] = [group.u8(), group.u32()];
      must(length <= mostEntry, 'an entry is too long');
      const bytes = group.take(length);
      must((type === types.head) === (group.left === 0), 'a head in another place than the end of a group');
      yield { type, bytes };
    }
  }
}

/**
 * What the segments give together.
 * @param segments files by their number
 * @throws Refused
 */
export function readLogCopy(
  master: Master,
  header: Header,
  segments: ReadonlyMap<number, Uint8Array>,
): CopiedLog {
  const counting: { head: SegmentHead; file: Uint8Array }[] = [];
  for (const [number, file] of [...segments].sort(([a], [b]) => a - b)) {
    const head = readHead(file, number);
    const whole = wholeBytes(header, file);
    if (whole === 0) continue;
    while ((counting.at(-1)?.head.first ?? -1) >= head.first) counting.pop();
    counting.push({ head, file: file.slice(0, whole) });
  }
  const records: Uint8Array[] = [];
  const nodes = new Map<string, Uint8Array>();
  let end: CopiedLog['head'] | null = null;
  for (const { head, file } of counting) {
    must(head.first <= records.length, `records from ${records.length} to ${head.first} are missing`);
    records.length = head.first;
    for (const { type, bytes } of entriesOf(master, head, file)) {
      if (type === types.record) records.push(bytes);
      else if (type === types.node) nodes.set(bytesToHex(nodeId(bytes)), bytes);
      else {
        must(type === types.head, 'an entry of no known type');
        end = [bytes.slice(0, -64), bytes.slice(-64)];
        const { size } = verifyHead(header.publicKey, header.uuid, ...end);
        must(size === records.length, 'a head of another number of records');
      }
    }
  }
  if (end === null) throw new Refused('missing', 'the copy of the log');
  return { head: end, records, nodes };
}
