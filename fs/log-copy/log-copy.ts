/** The copy of the log, kept beside the database while a vault is unlocked. */
import { setImmediate } from 'node:timers/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { Turns } from '../../common/turns.js';
import type { Keyring } from '../../native/index.js';
import type { TreeHead } from '../manifest/head.js';
import type { Manifest } from '../manifest/manifest.js';
import { type CopyPlace, openSegment } from './chain.js';
import { LogFolder } from './folder.js';
import { IndexNodes } from './index-nodes.js';
import { SegmentWriter } from './segment-writer.js';
import { type Standing, standingSegments } from './standing.js';

export interface LogCopyParts {
  readonly vaultFd: number;
  readonly uuid: Buffer;
  readonly keyring: Keyring;
  readonly manifest: Manifest;
  readonly log: Logger;
}

/** How far the copy is, as far as this session knows. */
export interface LogCopyState {
  /** Records of the log that are in it; null: nobody has looked at it yet. */
  readonly size: number | null;
  /** Whole seconds for which there has been something that it does not have; 0: it has all. */
  readonly behindSeconds: number;
  /** Why it was not brought to the newest head; null: nothing was in the way. */
  readonly failing: string | null;
}

/** What the loss of the database can take of what was sealed. */
const secondsBetween = 10;
/** Records between two turns of the event loop. */
const stride = 1000;
/** A segment of so many bytes takes no further group, and is not written again with later ones. */
const fullSegment = 64 * 1024 * 1024;
/** Segments up to this size are always written again with what comes after them. */
const smallSegment = 1024 * 1024;
/** Records that a lock or an end still waits for; more are copied by the next session. */
const mostAtEnd = 200_000;

export class LogCopy {
  readonly #parts: LogCopyParts;
  readonly #place: CopyPlace;
  readonly #folder: LogFolder;
  readonly #nodes: IndexNodes;
  readonly #turns = new Turns();
  /** Segments as they stand; null: they were not looked at yet. */
  #standing: Standing | null = null;
  #writer: SegmentWriter | null = null;
  /** The head that the copy ends with. */
  #copied: TreeHead | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** When something was committed that it does not have, ms of a clock that nobody can set back; null: it has all. */
  #since: number | null = null;
  #failing: string | null = null;
  #closing = false;

  constructor(parts: LogCopyParts) {
    this.#parts = parts;
    this.#folder = new LogFolder(parts.vaultFd);
    const signer = { uuid: parts.uuid, publicKey: parts.keyring.publicKey() };
    this.#place = { folder: this.#folder, keyring: parts.keyring, signer };
    this.#nodes = new IndexNodes((id) => parts.manifest.node(id));
  }

  get state(): LogCopyState {
    const seconds = this.#since === null ? 0 : Math.ceil((performance.now() - this.#since) / 1000);
    return { size: this.#copied?.size ?? null, behindSeconds: seconds, failing: this.#failing };
  }

  /** Something was committed: it will be in the copy after some seconds. */
  note(): void {
    this.#since ??= performance.now();
    this.look();
  }

  /** Brings the copy to the newest head after some seconds: of what a crash has left behind, too. */
  look(): void {
    if (this.#timer !== null || this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.bring().catch(() => undefined);
    }, secondsBetween * 1000).unref();
  }

  /** A head names the journal: what that has can be made once more only behind a copy that ends with it. */
  named(): void {
    if (!this.#closing) this.bring().catch(() => undefined);
  }

  /** Brings the copy to the newest head. @throws SherinError NO_SPACE, IO, MANIFEST_BROKEN, LOCKED; it was logged, and the next time goes on */
  bring(): Promise<void> {
    return this.#turns.run(() => this.#step());
  }

  /** Writes all of it anew, beside what is there, which goes then. @throws as {@link bring} */
  renew(): Promise<void> {
    return this.#turns.run(async () => {
      this.#drop();
      this.#standing = none(await this.#look());
      this.#copied = null;
      await this.#step();
    });
  }

  /** Runs a step while nothing of the copy changes, brought to the newest head before: what a crash has cut off is no fault of it. */
  still<T>(step: (place: CopyPlace) => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      // Where that fails it was logged, and the step sees what is there.
      await this.#step().catch(() => undefined);
      return step(this.#place);
    });
  }

  /** Brings it to the newest head for the last time, unless that would take long. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { manifest } = this.#parts;
    const behind = manifest.head.size - (this.#copied?.size ?? 0);
    this.#closing = behind > mostAtEnd;
    await this.bring().catch(() => undefined);
    this.#closing = true;
    this.#drop();
  }

  async #step(): Promise<void> {
    const { manifest } = this.#parts;
    const { head } = manifest;
    if (this.#copied?.signature.equals(head.signature) === true) {
      this.#since = null;
      return;
    }
    const begun = performance.now();
    try {
      await this.#append(head);
      this.#failing = null;
      // What was committed meanwhile comes with the next one.
      this.#since = manifest.head.size === head.size ? null : begun;
    } catch (error) {
      this.#failing = reasonOf(error);
      this.#since ??= begun;
      this.#takeBack();
      if (!this.#closing) this.#parts.log.warn({ err: error }, 'the copy of the log is not up to date');
      throw error;
    }
  }

  async #append(head: TreeHead): Promise<void> {
    const standing = this.#standing ?? (await this.#look());
    this.#standing = standing;
    if (standing.end?.signature.equals(head.signature) === true) {
      this.#copied = standing.end;
      return;
    }
    if ((this.#writer?.bytes ?? 0) >= fullSegment) this.#drop();
    const [writer, from] =
      this.#writer === null ? this.#begin(standing) : [this.#writer, standing.end?.size ?? 0];
    await this.#copy(writer, from, head.size);
    await writer.end(head);
    await this.#folder.syncNames();
    const { number, first } = writer.head;
    const others = standing.segments.filter((segment) => segment.number !== number);
    for (const segment of others) if (segment.first >= first) this.#discard(segment.number);
    for (const spare of standing.spare) this.#discard(spare);
    this.#standing = {
      segments: [
        ...others.filter((segment) => segment.first < first),
        { number, first, bytes: writer.bytes },
      ],
      spare: [],
      last: Math.max(standing.last, number),
      from: head.size,
      end: head,
    };
    this.#copied = head;
  }

  /** A new segment: behind those that are there, or in the place of the last ones of them, while these are no larger. */
  #begin(standing: Standing): [SegmentWriter, number] {
    this.#folder.make();
    let first = standing.from;
    let bytes = smallSegment;
    for (const segment of standing.segments.toReversed()) {
      if (segment.bytes > bytes || segment.bytes >= fullSegment) break;
      first = segment.first;
      bytes += segment.bytes;
    }
    const number = freeNumber(standing);
    const writer = new SegmentWriter(
      () => this.#folder.create(number),
      { number, first },
      this.#parts.keyring,
      this.#parts.uuid,
    );
    this.#standing = { ...standing, last: number };
    this.#nodes.clear();
    this.#writer = writer;
    writer.begin();
    return [writer, first];
  }

  async #copy(writer: SegmentWriter, from: number, to: number): Promise<void> {
    const { manifest } = this.#parts;
    for (let at = from; at < to; at += stride) {
      if (this.#closing) throw new SherinError('LOCKED');
      for (const { bytes, node } of manifest.recordsFrom(at, Math.min(at + stride, to))) {
        writer.record(bytes);
        if (node !== null) for (const below of this.#nodes.below(node)) writer.node(below);
      }
      await setImmediate();
    }
  }

  /** What is there of earlier sessions, and how far it is the log's. */
  async #look(): Promise<Standing> {
    const { manifest } = this.#parts;
    const standing = await standingSegments(this.#folder, (number) => openSegment(this.#place, number));
    // Of another time that was given up, or of other keys: all is written anew.
    if (standing.end === null || !manifest.contains(standing.end)) return none(standing);
    return standing;
  }

  /** What was begun has no end: nothing counts that is behind the last one, and it is to take no space. */
  #takeBack(): void {
    const writer = this.#writer;
    if (writer === null) return;
    try {
      if (writer.whole > 0) writer.cut();
      else this.#folder.remove(writer.head.number);
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'what was begun of the copy of the log stays');
    }
    this.#drop();
  }

  /** What can not be removed stays, and does not count. */
  #discard(number: number): void {
    try {
      this.#folder.remove(number);
    } catch (error) {
      this.#parts.log.warn({ err: error, number }, 'a segment that does not count stays');
    }
  }

  #drop(): void {
    this.#writer?.close();
    this.#writer = null;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SherinError) return error.message;
  return systemCode(error) ?? 'it failed';
}

/** The next number behind those that count, which nothing has that does not count. */
function freeNumber({ last, spare }: Standing): number {
  const taken = new Set(spare);
  let number = last + 1;
  while (taken.has(number)) number += 1;
  return number;
}

/** Nothing of it counts. */
function none({ segments, spare, last }: Standing): Standing {
  const numbers = segments.map(({ number }) => number);
  return { segments: [], spare: [...numbers, ...spare], last, from: 0, end: null };
}
