/** Appends commit groups to the last segment: records, a signed head, one fdatasync. All of a group or nothing. */
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Frontier } from '../../common/merkle.js';
import { nowNanoseconds } from '../../common/time.js';
import { syncDirectory } from '../disk/durable.js';
import {
  checkpointLine,
  endOf,
  frontierAt,
  headLine,
  type Prepared,
  partsOf,
  type Signing,
} from './record.js';
import type { LogHead } from './replay.js';
import { openSegment, segmentBytes, segmentName, type TailPosition } from './segment.js';

export interface WriterPosition extends TailPosition {
  readonly frontier: Frontier;
  readonly prev: Buffer;
  /** Last signed head that is durable. */
  readonly headed: LogHead;
}

/** Writes all of it at a position of a file, then syncs the file's data. @throws errno of the disk */
export type WriteDurably = (fd: number, bytes: Buffer, position: number) => Promise<void>;

/** What a writer writes with. */
export interface Means extends Signing {
  readonly write: WriteDurably;
}

const lineEnd = Buffer.from('\n');

export class SegmentWriter {
  readonly #dir: string;
  readonly #means: Means;
  readonly #rotateAt: number;
  #file: FileHandle;
  #position: WriterPosition;
  /** The file may hold bytes past the position. */
  #dirty = true;

  private constructor(
    dir: string,
    means: Means,
    rotateAt: number,
    file: FileHandle,
    position: WriterPosition,
  ) {
    this.#dir = dir;
    this.#means = means;
    this.#rotateAt = rotateAt;
    this.#file = file;
    this.#position = position;
  }

  /** Starts a log with its first segment. */
  static async create(dir: string, means: Means, rotateAt = segmentBytes): Promise<SegmentWriter> {
    const frontier = new Frontier();
    const { file, end } = await startSegment(dir, 1, frontier, Buffer.alloc(32), means);
    const headed = { size: 0, root: frontier.root() };
    const position = { first: 1, segment: 1, end, frontier, prev: Buffer.alloc(32), headed };
    return new SegmentWriter(dir, means, rotateAt, file, position);
  }

  /** Goes on where a verified replay ended; what stands after it in the file is cut off at the first write. */
  static async resume(
    dir: string,
    means: Means,
    position: WriterPosition,
    rotateAt = segmentBytes,
  ): Promise<SegmentWriter> {
    const file = await openSegment(dir, position.segment, constants.O_RDWR);
    return new SegmentWriter(dir, means, rotateAt, file, position);
  }

  get position(): WriterPosition {
    return this.#position;
  }

  /** Appends one group; durable when it resolves, as if it had never been tried when it rejects. @throws errno of the disk */
  async write(group: readonly Prepared[]): Promise<void> {
    if (this.#dirty) await this.#cutBack();
    // Where there is no space for a new segment the old one just grows on.
    if (this.#position.end >= this.#rotateAt) await this.rotate().catch(() => undefined);
    const { end } = this.#position;
    const before = endOf(this.#position.frontier, this.#position.prev);
    const { lines, end: behind } = this.#means.chain(partsOf(group), new Date().toISOString(), before);
    const { prev } = behind;
    const frontier = frontierAt(behind);
    const headed = { size: frontier.size, root: frontier.root() };
    const head = headLine(headed.size, headed.root, nowNanoseconds(), this.#means);
    const bytes = Buffer.concat([lines, head, lineEnd]);
    this.#dirty = true;
    await this.#means.write(this.#file.fd, bytes, end);
    this.#dirty = false;
    this.#position = { ...this.#position, end: end + bytes.length, frontier, prev, headed };
  }

  async close(): Promise<void> {
    if (this.#dirty) await this.#cutBack().catch(() => undefined);
    await this.#file.close();
  }

  /** After a failed write nobody knows which of its bytes are on disk: none may stay. */
  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.#position.end);
    await this.#file.datasync();
    this.#dirty = false;
  }

  /** Begins the next segment. @throws errno of the disk: the present one goes on */
  async rotate(): Promise<void> {
    if (this.#dirty) await this.#cutBack();
    const { segment, frontier, prev } = this.#position;
    // records that a crash left without head: the next group's head comes first
    if (frontier.size !== this.#position.headed.size) return;
    const { file, end } = await startSegment(this.#dir, segment + 1, frontier, prev, this.#means);
    const before = this.#file;
    this.#file = file;
    this.#position = { ...this.#position, segment: segment + 1, end };
    await before.close();
  }

  /** Segments before this one are no part of the log any more. */
  beginAt(first: number): void {
    this.#position = { ...this.#position, first };
  }
}

/** A segment appears under its name only with a whole, durable checkpoint. */
async function startSegment(
  dir: string,
  segment: number,
  frontier: Frontier,
  prev: Buffer,
  means: Means,
): Promise<{ file: FileHandle; end: number }> {
  const temporary = join(dir, 'next.tmp');
  await rm(temporary, { force: true });
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, 0o600);
  try {
    const line = checkpointLine(segment, frontier, prev, nowNanoseconds(), means);
    await means.write(file.fd, Buffer.concat([line, lineEnd]), 0);
    await rename(temporary, join(dir, segmentName(segment)));
    await syncDirectory(dir);
    return { file, end: line.length + 1 };
  } catch (error) {
    await file.close();
    for (const path of [temporary, join(dir, segmentName(segment))]) await rm(path, { force: true });
    throw error;
  }
}
