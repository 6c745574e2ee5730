/** The journal's segments: appended to, read after a crash, given back once everything in them is sealed. */
import { readdirSync } from 'node:fs';
import { type Keyring, system } from '../../../native/index.js';
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
    return this.#segments[0] ?? 1;
  }

  /** Every entry that is whole, in order; its bytes are valid until the next one is asked for. @throws MalformedBytes */
  *entries(): Iterable<Entry & { readonly segment: number }> {
    for (const segment of [...this.#segments]) {
      for (const frame of readSegment(this.#vaultFd, segment, this.#keyring)) {
        for (const entry of readEntries(frame)) yield { ...entry, segment };
      }
    }
  }

  /**
   * Appends entries, durable when it resolves. One at a time.
   * @returns number of the segment in which the first one is
   * @throws NativeError, ErrnoException ENOSPC, EIO: what was appended so far may or may not be read after a crash
   */
  async append(entries: Iterable<Entry>): Promise<number> {
    let first = this.#writer?.number ?? this.#next();
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
    for (const entry of entries) {
      if (frame.add(entry)) continue;
      await flush();
      if (!frame.add(entry)) throw new RangeError(`a journal entry of type ${entry.type} is too large`);
    }
    await flush();
    if (written) await this.#writer?.sync();
    return first;
  }

  /** Removes segments before one; the one that is written to stays. */
  free(before: number): void {
    const current = this.#writer?.number;
    const gone = this.#segments.filter((number) => number < before && number !== current);
    for (const number of gone) this.#remove(number);
  }

  /** Writes no more to the present segment. */
  abandon(): void {
    this.#writer?.close();
    this.#writer = null;
  }

  /** Ends writing; with `all` sealed nothing has to be kept. */
  close(all: boolean): void {
    this.abandon();
    if (all) for (const number of [...this.#segments]) this.#remove(number);
    system.wipe(this.#frame);
  }

  async #roomFor(length: number): Promise<SegmentWriter> {
    const needed = frameBytes(length);
    if (this.#writer !== null && this.#writer.room >= needed) return this.#writer;
    // What is in the old one is durable before anything in the new one is.
    await this.#writer?.sync();
    const number = this.#next();
    const room = Math.max(segmentRoom, needed);
    const writer = await SegmentWriter.create(this.#vaultFd, number, this.#keyring, room);
    this.#writer?.close();
    this.#writer = writer;
    this.#segments.push(number);
    return writer;
  }

  #next(): number {
    return (this.#segments.at(-1) ?? 0) + 1;
  }

  #remove(number: number): void {
    system.unlinkBeneath(this.#vaultFd, segmentPath(number));
    this.#segments = this.#segments.filter((other) => other !== number);
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
