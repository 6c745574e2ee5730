/** The journal's segments: appended to, read after a crash, given back once everything in them is sealed. */
import { closeSync } from 'node:fs';
import { MalformedBytes } from '../../../common/bytes.js';
import type { Histogram } from '../../../common/histogram.js';
import { type FrameTo, type Keyring, system, type WhenDone } from '../../../native/index.js';
import { countingEntries, type SegmentEntries, wholeAppends } from './appends.js';
import { BlankSegment, NextSegment } from './blank-segment.js';
import { type Entry, EntryWriter, readEntries } from './entries.js';
import { newEpoch, noEpoch } from './epoch.js';
import { broken } from './fault.js';
import { JournalFolder } from './folder.js';
import { frameBytes, frameLimit } from './frames.js';
import { type CountedSegment, type Judgement, judge, type RefusedSegment } from './judge.js';
import { type Counts, framesOf, type Scanned, scanSegment } from './scan.js';
import { SegmentWriter } from './segment.js';
import { headBytes, newSegmentHead, noTag } from './segment-head.js';

/** Bytes of frames that a segment holds: more than one takes. */
const segmentRoom = 4 * 1024 * 1024;
/** Of which a frame without entries takes less than this. */
const smallRoom = 4096;

/** As the addon takes it, with the descriptor of the segment. */
export type LentPlace = FrameTo & { readonly fd: number };

const nothing = (): void => undefined;

export class Journal {
  readonly #folder: JournalFolder;
  readonly #keyring: Keyring;
  readonly #syncs: Pick<Histogram, 'note'>;
  /** Segments that count, or did in this run, ascending. */
  #segments: number[] = [];
  /** What there was to be read. */
  #read: Judgement = { counted: [], end: null, refused: [], gone: [] };
  /** Segments before this one hold nothing that counts; they go once an append has said so. */
  #freed = 0;
  /** Number of the last segment that was made or read. */
  #last = 0;
  /** What the first frame of the next segment is bound to. */
  #before: Buffer = noTag;
  #epoch: Buffer = noEpoch;
  #writer: SegmentWriter | null = null;
  /** Of the next append. */
  #append = 1;
  /** Has what was lent given back. */
  #recall: () => void = nothing;
  /** What is removed is overwritten. */
  #shredding = false;
  #kept = 0;
  readonly #frame = system.plaintext(frameLimit);
  readonly #ahead: NextSegment;

  /**
   * @param syncs has what each sync took
   * @throws NativeError, ErrnoException when its directory can not be made or read
   */
  constructor(vaultFd: number, keyring: Keyring, syncs: Pick<Histogram, 'note'>) {
    this.#folder = new JournalFolder(vaultFd);
    this.#ahead = new NextSegment(this.#folder);
    this.#keyring = keyring;
    this.#syncs = syncs;
    this.#kept = this.#folder.kept().length;
  }

  /** What the tree heads of this run name, and the segments that it makes. */
  get epoch(): Buffer {
    return this.#epoch;
  }

  /** Bytes of segments that count, nearly. */
  get bytes(): number {
    return this.#segments.filter((number) => number >= this.#freed).length * segmentRoom;
  }

  /** Segments that are there. */
  get segments(): number {
    return this.#segments.length;
  }

  /** Number of the oldest segment that counts; of the next one where there is none. */
  get oldest(): number {
    return this.#segments.find((number) => number >= this.#freed) ?? this.#last + 1;
  }

  /** Number of the segment that the next append begins in, or an earlier one. */
  get current(): number {
    return this.#writer?.number ?? this.#last + 1;
  }

  /** Segments that were refused and are kept, now and earlier. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Looks at what an earlier run has left, once, and begins an epoch. Nothing is changed yet.
   * @param named the epoch of the newest tree head
   * @returns segments that neither a crash nor this software leaves
   * @throws SherinError JOURNAL_BROKEN, DISK_READ
   */
  examine(named: Buffer, counts: Counts): readonly RefusedSegment[] {
    const scanned = this.#folder.numbers.map((number) => this.#scan(number, counts));
    const former = scanned.find(({ kind }) => kind === 'former');
    if (former !== undefined && named.equals(noEpoch))
      throw broken(`segment ${former.number} is of version 1, which is not read`);
    this.#read = judge(scanned, named);
    const { counted, end } = this.#read;
    this.#segments = counted.map(({ number }) => number);
    this.#last = this.#segments.at(-1) ?? 0;
    this.#before = end?.tag ?? noTag;
    this.#epoch = newEpoch(end);
    return this.#read.refused.filter(({ number }) => !this.#folder.isKept(number));
  }

  /** Puts what was refused out of the way, and removes what says nothing. @returns how many are kept somewhere else now */
  async tidy(): Promise<number> {
    const { refused, gone } = this.#read;
    for (const number of gone) this.#folder.remove(number);
    let moved = 0;
    for (const { number, counted } of refused) {
      const done = counted > 0 ? this.#keep(number) : this.#folder.setAside(number) !== null;
      if (done) moved += 1;
    }
    if (moved > 0) await this.#folder.sync();
    this.#kept = this.#folder.kept().length;
    return moved;
  }

  /** Every entry that counts, in order; its bytes are valid until the next one is asked for. @throws SherinError JOURNAL_BROKEN, DISK_READ */
  *entries(): Iterable<Entry> {
    const whole = wholeAppends(this.#countedSegments());
    yield* countingEntries(this.#countedSegments(), whole);
  }

  /**
   * Appends entries, durable when it resolves: after a crash all of them are found, or none. One at a time.
   * @param next number of the first change that comes after them
   * @param whenDone who is told without delay that they are durable
   * @returns number of the segment in which the first one is
   * @throws NativeError, ErrnoException ENOSPC, EIO: what was appended so far may or may not be read after a crash
   */
  async append(entries: readonly Entry[], next: number, whenDone: readonly WhenDone[] = []): Promise<number> {
    return entries.length === 0 ? this.current : this.#write(entries, next, whenDone);
  }

  /**
   * Where the next frame and append go, for who writes them elsewhere; null while there is no segment. Whatever changes that calls
   * `recall` first, which has to say {@link takeBack}.
   * @param next as for {@link append}
   */
  lend(next: number, recall: () => void): LentPlace | null {
    if (this.#writer === null) return null;
    this.#recall = recall;
    return { ...this.#writer.next, append: this.#append, oldest: this.oldest, next };
  }

  /** What was appended elsewhere ends there. */
  takeBack(place: Pick<FrameTo, 'at' | 'index' | 'tag' | 'append'>): void {
    this.#recall = nothing;
    this.#writer?.passed(place);
    this.#append = place.append;
  }

  /** Frames up to byte `at` of the segment were written elsewhere. @param syncs seconds that each sync took since the last time */
  writtenTo(at: number, syncs: Iterable<number>): void {
    for (const seconds of syncs) this.#syncs.note(seconds);
    this.#prepareNext(headBytes + segmentRoom - at);
  }

  /** Segments before one hold nothing that counts. They are removed, as far as the disk lets it, once a later append says so. */
  free(before: number): void {
    this.#recall();
    this.#freed = Math.max(this.#freed, Math.min(before, this.#writer?.number ?? this.#last + 1));
    if (this.#writer === null && this.oldest > this.#last) this.#removeBefore(this.#freed);
  }

  /** Segments that could be removed once an append said so, which takes no more space than the last one has. */
  get hasSpare(): boolean {
    const [first] = this.#segments;
    return first !== undefined && first < this.oldest && (this.#writer?.room ?? 0) >= smallRoom;
  }

  /** Nothing counts that was appended: all segments go, and the next append begins anew. Not while one is under way. */
  clear(): void {
    this.abandon();
    this.free(Number.POSITIVE_INFINITY);
  }

  /** Says which segments are of no account any more, and removes them. One append at a time. @param next as for {@link append}. @throws as {@link append} */
  async removeFreed(next: number): Promise<void> {
    await this.#write([], next, []);
  }

  /** The next append begins another segment; what is removed from now on is overwritten, until {@link shred}. @returns number of the last segment */
  turnOver(): number {
    this.#recall();
    this.#shredding = true;
    this.#ahead.drop();
    if (this.#writer !== null) this.#before = this.#writer.tag;
    this.#writer?.close();
    this.#writer = null;
    return this.#last;
  }

  /**
   * Overwrites and removes segments up to one, where they hold nothing that counts, and with `kept` those that were refused.
   * @param next as for {@link append}; null: nothing may be appended
   * @returns how many stay
   */
  async shred(until: number, next: number | null, kept = true): Promise<number> {
    try {
      if (this.oldest > this.#last) this.#removeBefore(this.#freed);
      else if (next !== null) await this.#write([], next, []);
    } finally {
      this.#shredding = false;
    }
    const own = this.#segments.filter((number) => number <= until).length;
    const stay = own + (kept ? this.#folder.removeKept() : 0);
    this.#kept = this.#folder.kept().length;
    return stay;
  }

  /** Writes no more to the present segment. Only when everything that was appended is sealed, or nothing is appended any more. */
  abandon(): void {
    this.#recall();
    this.#ahead.drop();
    this.#writer?.close();
    this.#writer = null;
    this.#before = noTag;
    this.#append = 1;
  }

  /** Ends writing; with `all` sealed nothing has to be kept. */
  close(all: boolean): void {
    system.wipe(this.#frame);
    this.abandon();
    if (all) this.free(Number.POSITIVE_INFINITY);
    // The last head names a journal that has no segments: any that is found then was put there.
    if (all && this.#segments.length === 0) this.#epoch = newEpoch(null);
  }

  async #write(entries: readonly Entry[], next: number, whenDone: readonly WhenDone[]): Promise<number> {
    this.#recall();
    let first = this.current;
    const frame = new EntryWriter(this.#frame);
    let written = false;
    const flush = async (): Promise<void> => {
      const bytes = this.#frame.subarray(0, frame.length);
      if (bytes.length === 0) return;
      const writer = await this.#roomFor(bytes.length);
      if (!written) first = writer.number;
      written = true;
      writer.write(bytes);
      system.wipe(bytes);
      frame.reset();
    };
    const { oldest } = this;
    frame.add({ type: 'append', number: this.#append++, count: entries.length, oldest, next });
    for (const entry of entries) {
      if (frame.add(entry)) continue;
      await flush();
      if (!frame.add(entry)) throw new RangeError(`a journal entry of type ${entry.type} is too large`);
    }
    await flush();
    await this.#sync(whenDone);
    this.#prepareNext(this.#writer?.room ?? segmentRoom);
    // It is durable that they are of no account: what is left of them after a crash is no gap.
    this.#removeBefore(oldest);
    return first;
  }

  async #sync(whenDone?: readonly WhenDone[]): Promise<void> {
    if (this.#writer === null) return;
    const begin = performance.now();
    await this.#writer.sync(whenDone);
    this.#syncs.note((performance.now() - begin) / 1000);
  }

  /** @param room bytes of frames that still fit into the present segment */
  #prepareNext(room: number): void {
    if (room < segmentRoom / 2 && !this.#shredding) this.#ahead.prepare(this.#last + 1, segmentRoom);
  }

  async #roomFor(length: number): Promise<SegmentWriter> {
    const needed = frameBytes(length);
    if (this.#writer !== null && this.#writer.room >= needed) return this.#writer;
    // What is in the old one is durable before anything in the new one is.
    await this.#sync();
    if (this.#writer !== null) this.#before = this.#writer.tag;
    else if (this.oldest > this.#last) this.#before = noTag;
    const blank = this.#ahead.take() ?? new BlankSegment(this.#folder, this.#last + 1, segmentRoom);
    const { number } = blank;
    this.#last = number;
    this.#segments.push(number);
    try {
      const head = newSegmentHead(number, this.#epoch, this.#before);
      const writer = await SegmentWriter.begin(blank, head, this.#keyring);
      this.#writer?.close();
      this.#writer = writer;
      return writer;
    } catch (error) {
      this.#remove(number);
      throw error;
    }
  }

  /** One after another: no segment is missing between two that are there. */
  #removeBefore(number: number): void {
    const gone = this.#segments.filter((each) => each < number && each !== this.#writer?.number);
    gone.every((each) => this.#remove(each));
  }

  /** @returns false where it can not be removed now: it goes with one of the next times */
  #remove(number: number): boolean {
    if (!this.#folder.remove(number, this.#shredding)) return false;
    this.#segments = this.#segments.filter((other) => other !== number);
    return true;
  }

  #keep(number: number): boolean {
    return !this.#folder.isKept(number) && this.#folder.keep(number);
  }

  #scan(number: number, counts: Counts): Scanned {
    const fd = this.#folder.open(number);
    if (fd === null) return { kind: 'strange', number, bytes: 0 };
    try {
      return scanSegment(fd, number, this.#keyring, counts);
    } catch (error) {
      if (error instanceof MalformedBytes) throw broken(error.message, error);
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  *#countedSegments(): Iterable<SegmentEntries> {
    for (const counted of this.#read.counted) yield this.#entriesOf(counted);
  }

  *#entriesOf({ number, frames }: CountedSegment): SegmentEntries {
    const fd = frames === 0 ? null : this.#folder.open(number);
    if (fd === null) return;
    try {
      let left = frames;
      for (const { plain } of framesOf(fd, number, this.#keyring)) {
        yield* readEntries(plain);
        left -= 1;
        if (left === 0) return;
      }
    } finally {
      closeSync(fd);
    }
  }
}
