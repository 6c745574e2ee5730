/** The journal's segments: appended to, read after a crash, given back once everything in them is sealed. */
import { readdirSync } from 'node:fs';
import { systemCode } from '../../../common/errors.js';
import { type Keyring, system } from '../../../native/index.js';
import { countingEntries, type SegmentEntries, wholeAppends } from './appends.js';
import { type Entry, EntryWriter, readEntries } from './entries.js';
import { frameBytes, frameLimit, readSegment, SegmentWriter, segmentPath } from './segment.js';

/** Bytes of frames that a segment holds. */
const segmentRoom = 4 * 1024 * 1024;

export class Journal {
  readonly #vaultFd: number;
  readonly #keyring: Keyring;
  /** Numbers of the segments on disk, ascending. */
  #segments: number[];
  #writer: SegmentWriter | null = null;
  /** Of the next append. */
  #append = 1;
  readonly #frame = system.plaintext(frameLimit);

  /** @throws NativeError, ErrnoException when its directory can not be made or read */
  constructor(vaultFd: number, keyring: Keyring) {
    this.#vaultFd = vaultFd;
    this.#keyring = keyring;
    this.#segments = listSegments(vaultFd);
  }

  /** Bytes of segments on disk, nearly. */
  get bytes(): number {
    return this.#segments.length * segmentRoom;
  }

  /** Number of the oldest segment; of the next one where there is none. */
  get oldest(): number {
    return this.#segments[0] ?? this.#next();
  }

  /** Every entry that counts, in order; its bytes are valid until the next one is asked for. @throws MalformedBytes */
  *entries(): Iterable<Entry> {
    const whole = wholeAppends(this.#read());
    yield* countingEntries(this.#read(), whole);
  }

  *#read(): Iterable<SegmentEntries> {
    for (const segment of [...this.#segments]) yield this.#readSegment(segment);
  }

  *#readSegment(segment: number): SegmentEntries {
    for (const frame of readSegment(this.#vaultFd, segment, this.#keyring)) yield* readEntries(frame);
  }

  /** Number of the segment that the next append begins in, or an earlier one. */
  get current(): number {
    return this.#writer?.number ?? this.#next();
  }

  /**
   * Appends entries, durable when it resolves: after a crash all of them are found, or none. One at a time.
   * @returns number of the segment in which the first one is
   * @throws NativeError, ErrnoException ENOSPC, EIO: what was appended so far may or may not be read after a crash
   */
  async append(entries: readonly Entry[]): Promise<number> {
    let first = this.current;
    if (entries.length === 0) return first;
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
    frame.add({ type: 'append', number: this.#append++, count: entries.length });
    for (const entry of entries) {
      if (frame.add(entry)) continue;
      await flush();
      if (!frame.add(entry)) throw new RangeError(`a journal entry of type ${entry.type} is too large`);
    }
    await flush();
    if (written) await this.#writer?.sync();
    return first;
  }

  /** Removes segments before one, as far as the disk lets it; the one that is written to stays. */
  free(before: number): void {
    const current = this.#writer?.number;
    const gone = this.#segments.filter((number) => number < before && number !== current);
    // One after another: no segment is missing between two that are there.
    gone.every((number) => this.#remove(number));
  }

  /** Writes no more to the present segment. Only when everything that was appended is sealed, or nothing is appended any more. */
  abandon(): void {
    this.#writer?.close();
    this.#writer = null;
    this.#append = 1;
  }

  /** Ends writing; with `all` sealed nothing has to be kept. */
  close(all: boolean): void {
    this.abandon();
    if (all) [...this.#segments].every((number) => this.#remove(number));
    system.wipe(this.#frame);
  }

  async #roomFor(length: number): Promise<SegmentWriter> {
    const needed = frameBytes(length);
    if (this.#writer !== null && this.#writer.room >= needed) return this.#writer;
    // What is in the old one is durable before anything in the new one is.
    await this.#writer?.sync();
    const number = this.#next();
    const room = Math.max(segmentRoom, needed);
    this.#segments.push(number);
    try {
      const writer = await SegmentWriter.create(this.#vaultFd, number, this.#keyring, room);
      this.#writer?.close();
      this.#writer = writer;
      return writer;
    } catch (error) {
      this.#remove(number);
      throw error;
    }
  }

  #next(): number {
    return (this.#segments.at(-1) ?? 0) + 1;
  }

  /** @returns false where it can not be removed now: it goes with one of the next times */
  #remove(number: number): boolean {
    try {
      system.unlinkBeneath(this.#vaultFd, segmentPath(number));
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (code !== 'ENOENT') return false;
    }
    this.#segments = this.#segments.filter((other) => other !== number);
    return true;
  }
}

function listSegments(vaultFd: number): number[] {
  const path = Buffer.from('journal');
  try {
    system.mkdirBeneath(vaultFd, path, 0o700);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readdirSync(`/proc/self/fd/${vaultFd}/journal`)
    .filter((name) => /^[0-9]{8}\.journal$/.test(name))
    .map((name) => Number(name.slice(0, 8)))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}
