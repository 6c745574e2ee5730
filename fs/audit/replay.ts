/** Walks an audit log line by line and keeps what the next line must fit: chain, tree and heads. */
import { Frontier, leafHash } from '../../common/merkle.js';
import type { Verify } from '../../common/signature.js';
import type { Anchors } from './anchors.js';
import { broken } from './fault.js';
import { requireKnownVersion } from './known-version.js';
import {
  type CheckpointLine,
  frontierOf,
  type HeadLine,
  lineKind,
  MalformedLine,
  macMessage,
  parseLine,
  type RecordLine,
} from './line.js';
import { type RawLine, segmentName } from './segment.js';
import { headIsSigned, type SignedHead } from './signed-head.js';

/** What a log is known by at one point of it. */
export interface LogHead {
  /** Number of records. */
  readonly size: number;
  readonly root: Buffer;
}

/** HMAC-SHA256 under K_audit. */
export type Mac = (data: Buffer) => Buffer;

export interface ReplayOptions {
  readonly uuid: Buffer;
  readonly verify: Verify;
  /** Null: MACs are not checked. */
  readonly mac: Mac | null;
  /**
   * Check every record's form, chain and MAC, and every head's signature. Otherwise only hashes are made and the last
   * head's signature is checked: it covers every byte before it.
   */
  readonly thorough: boolean;
  /** A head that the log must contain. */
  readonly expect: LogHead | null;
  /** Further ones, kept elsewhere. */
  readonly anchors?: Anchors | null;
  readonly onRecord?: (record: RecordLine) => void;
}

export class Replay {
  readonly #options: ReplayOptions;
  #frontier = new Frontier();
  #prev: Buffer = Buffer.alloc(32);
  #segment = 0;
  #where = '';
  #heads = 0;
  #headed: LogHead = { size: 0, root: new Frontier().root() };
  #unproven: { line: HeadLine; where: string } | null = null;
  #tail: { line: RawLine; where: string; seq: number; prev: Buffer }[] = [];
  #met = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  get frontier(): Frontier {
    return this.#frontier;
  }
  /** Leaf hash of the last record. */
  get prev(): Buffer {
    return this.#prev;
  }
  get heads(): number {
    return this.#heads;
  }
  /** The last signed head. */
  get headed(): LogHead {
    return this.#headed;
  }
  /** Records after the last head. */
  get unsigned(): number {
    return this.#frontier.size - this.#headed.size;
  }

  /** Takes the first line of the next segment; the first call may start anywhere. @throws SherinError AUDIT_BROKEN, FORMAT_NEWER */
  begin(segment: number, raw: RawLine): void {
    this.#where = `${segmentName(segment)} line ${raw.number}`;
    requireKnownVersion(raw.bytes, segment, this.#options);
    const line = this.#parse(raw);
    if (!('checkpoint' in line)) throw broken(`${this.#where}: a segment starts with a checkpoint`);
    this.#checkCheckpoint(segment, line);
    this.#frontier = frontierOf(line);
    this.#prev = Buffer.from(line.checkpoint.prev, 'base64');
    this.#segment = segment;
    this.#signed();
  }

  /** Takes any further line of the segment. @throws SherinError AUDIT_BROKEN naming segment and line */
  line(raw: RawLine): void {
    this.#where = `${segmentName(this.#segment)} line ${raw.number}`;
    if (raw.overlong) throw broken(`${this.#where}: the line is too long`);
    const kind = lineKind(raw.bytes);
    if (kind === 'record') this.#record(raw);
    else if (kind === 'head') this.#head(raw);
    else throw broken(`${this.#where}: neither record nor head`);
  }

  /** Ends the walk: the last head's signature and the records after it. @throws SherinError AUDIT_BROKEN */
  finish(): void {
    const last = this.#unproven;
    if (last !== null) this.#checkSignature(last.line, last.where);
    for (const { line, where, seq, prev } of this.#tail) {
      this.#where = where;
      this.#checkRecord(line, seq, prev);
    }
    this.#tail = [];
    this.#unproven = null;
  }

  /** Whether the expected head was met on the way; true where none is expected. */
  get metExpected(): boolean {
    return this.#options.expect === null || this.#met;
  }

  #parse(raw: RawLine): ReturnType<typeof parseLine> {
    if (raw.overlong) throw broken(`${this.#where}: the line is too long`);
    try {
      return parseLine(raw.bytes);
    } catch (error) {
      if (error instanceof MalformedLine) throw broken(`${this.#where}: ${error.message}`, error);
      throw error;
    }
  }

  #checkCheckpoint(segment: number, line: CheckpointLine): void {
    const { checkpoint, mac, signature } = line;
    const root = Buffer.from(checkpoint.root, 'base64');
    if (!this.#isSigned({ ...checkpoint, signature }))
      throw broken(`${this.#where}: the checkpoint's signature does not verify`);
    this.#checkMac(macMessage({ v: 1, checkpoint }), mac);
    if (checkpoint.segment !== segment) throw broken(`${this.#where}: this is segment ${checkpoint.segment}`);
    const zero =
      segment === 1 && (checkpoint.size !== 0 || checkpoint.prev !== Buffer.alloc(32).toString('base64'));
    if (zero) throw broken(`${this.#where}: the first segment starts the log`);
    if (this.#segment === 0) return;
    const continues =
      this.unsigned === 0 &&
      checkpoint.size === this.#frontier.size &&
      root.equals(this.#frontier.root()) &&
      checkpoint.prev === this.#prev.toString('base64');
    if (!continues)
      throw broken(`${this.#where}: it does not continue segment ${segmentName(this.#segment)}`);
  }

  #record(raw: RawLine): void {
    const seq = this.#frontier.size;
    if (this.#options.thorough) this.#checkRecord(raw, seq, this.#prev);
    else this.#tail.push({ line: raw, where: this.#where, seq, prev: this.#prev });
    this.#prev = leafHash(raw.bytes);
    this.#frontier.append(this.#prev);
    this.#meet();
  }

  #checkRecord(raw: RawLine, seq: number, prev: Buffer): void {
    const line = this.#parse(raw);
    if (!('event' in line)) throw broken(`${this.#where}: it is no record`);
    if (line.seq !== seq) throw broken(`${this.#where}: record ${line.seq} stands where ${seq} should`);
    if (line.prev !== prev.toString('base64'))
      throw broken(`${this.#where}: it does not follow the record before`);
    const { mac, ...rest } = line;
    this.#checkMac(macMessage(rest), mac);
    this.#options.onRecord?.(line);
  }

  #head(raw: RawLine): void {
    const line = this.#parse(raw);
    if (!('head' in line)) throw broken(`${this.#where}: it is no head`);
    if (line.head.size !== this.#frontier.size)
      throw broken(
        `${this.#where}: the head counts ${line.head.size} records, there are ${this.#frontier.size}`,
      );
    if (line.head.root !== this.#frontier.root().toString('base64'))
      throw broken(`${this.#where}: a record before this head is not the one that was signed`);
    if (this.#options.thorough) this.#checkSignature(line, this.#where);
    else this.#unproven = { line, where: this.#where };
    this.#heads += 1;
    this.#signed();
  }

  #signed(): void {
    this.#headed = { size: this.#frontier.size, root: this.#frontier.root() };
    this.#tail = [];
    this.#meet();
  }

  #checkSignature(line: HeadLine, where: string): void {
    if (!this.#isSigned({ ...line.head, signature: line.signature }))
      throw broken(`${where}: the head's signature does not verify`);
  }

  #isSigned(head: SignedHead): boolean {
    return headIsSigned(head, this.#options.uuid, this.#options.verify);
  }

  #checkMac(message: Buffer, mac: string): void {
    if (this.#options.mac !== null && this.#options.mac(message).toString('base64') !== mac)
      throw broken(`${this.#where}: its MAC does not verify`);
  }

  #meet(): void {
    const { expect, anchors } = this.#options;
    anchors?.meet(this.#frontier.size, () => this.#frontier.root());
    if (expect === null || expect.size !== this.#frontier.size) return;
    if (!expect.root.equals(this.#frontier.root()))
      throw broken(
        `${this.#where}: the log's first ${expect.size} records are not those that the expected head signs`,
      );
    this.#met = true;
  }
}
