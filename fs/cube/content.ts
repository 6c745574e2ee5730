import { SherinError, systemCode } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import {
  type CubeReader,
  type CubeRef,
  type CubeResult,
  type GrantedSegment,
  system,
  type Threads,
} from '../../native/index.js';
import { fanOut, slotBytes } from '../manifest/index-node.js';
import { type Slot, type SlotRun, slotsAround } from '../manifest/object-tree.js';
import { cubesOf } from './catalog.js';
import type { FaultHandler } from './faults.js';
import { type Segment, slotSegments } from './segments.js';

/** Cubes fetched ahead of a sequential reader. */
const readAheadCubes = 4;
/** Runs of slots kept per open file: what comes out of a node of the index is decoded once for all its slots. */
const keptRuns = 4;

const nothing = (): void => undefined;

export interface ContentSource {
  readonly reader: CubeReader;
  readonly faults: FaultHandler;
  /** Index node by ID, hash-checked. */
  node(id: Buffer): Buffer;
  /** Cubes in quarantine, and whether there are any. */
  readonly refused: { readonly some: boolean; has(id: CubeId): boolean };
}

/** A client's file, written on threads that it alone can hold up. */
export interface ExportTarget {
  readonly fd: number;
  readonly threads: Threads;
}

/**
 * Verified content of one object. A read is answered whole: from the cache of verified vertices at once where it can
 * be, otherwise by worker threads. Nothing that failed verification reaches `target`.
 */
export class ObjectContent {
  readonly size: number;
  /** What the kernel has of it may answer for who opens it next. */
  readonly kept: boolean;
  readonly #node: Buffer;
  readonly #source: ContentSource;
  /** By number of the first slot; null before the first read: most content is read by its driver. */
  #runs: Map<number, SlotRun> | null = null;
  #closed: () => void;
  #expected = 0;
  #aheadSlot = 0;

  /** @param closed told once that nobody reads any more */
  constructor(
    source: ContentSource,
    object: { readonly length: number; readonly node: Buffer },
    closed = nothing,
    kept = true,
  ) {
    this.kept = kept;
    this.#source = source;
    this.#closed = closed;
    this.#node = object.node;
    this.size = object.length;
  }

  /** For a driver that reads on threads of its own. */
  get grant(): { readonly reader: CubeReader; segments(slot: number): readonly GrantedSegment[] } {
    return {
      reader: this.#source.reader,
      segments: (slot) =>
        slotSegments(this.#slot(slot), 0, Math.min(slotBytes, this.size - slot * slotBytes)),
    };
  }

  /**
   * Copies up to `length` verified bytes that are in memory (fewer only at the end of the file); undefined when some
   * must be fetched first. Starts read-ahead.
   * @throws SherinError CUBE_QUARANTINED
   */
  readCached(offset: number, length: number, target: Buffer): number | undefined {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (wanted === 0) return 0;
    this.#readAhead(offset, wanted);
    let at = 0;
    for (const segment of this.#segments(offset, wanted)) {
      if (!this.#copyCached(segment, target, at)) return undefined;
      at += segment.length;
    }
    return wanted;
  }

  /**
   * Fetches, verifies and copies up to `length` bytes; `target` must stay untouched until the promise settles.
   * @returns bytes copied; fewer only at the end of the file
   * @throws SherinError CUBE_QUARANTINED, CUBE_FAILED, CUBE_MISSING, DISK_READ, LOCKED
   */
  async read(offset: number, length: number, target: Buffer): Promise<number> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (wanted === 0) return 0;
    const missing: { segment: Segment; at: number }[] = [];
    let at = 0;
    for (const segment of this.#segments(offset, wanted)) {
      if (!this.#copyCached(segment, target, at)) missing.push({ segment, at });
      at += segment.length;
    }
    await this.#fetch(missing, target);
    return wanted;
  }

  /**
   * Writes `length` bytes from `offset` to a descriptor at `at`, each vertex verified before it is written. A hole is
   * written as zeros only where the target holds data.
   * @throws as {@link read}, and SherinError TARGET_FULL, IO for the target
   */
  async exportTo(offset: number, length: number, to: ExportTarget, at: number): Promise<void> {
    let position = at;
    for (const segment of this.#segments(offset, length)) {
      if (segment.cube === null) await zeroData(to, position, segment.length);
      else await this.#exportOne(segment.cube, segment, to, position);
      position += segment.length;
    }
  }

  /** Whether a slot has a cube in quarantine. */
  refuses(slot: Slot): boolean {
    return this.#quarantined(slot) !== undefined;
  }

  close(): void {
    this.#runs = null;
    this.#closed();
    this.#closed = nothing;
  }

  #copyCached({ cube, offset, length }: Segment, target: Buffer, at: number): boolean {
    if (cube !== null) return this.#source.reader.readCached(cube, offset, length, target, at);
    target.fill(0, at, at + length);
    return true;
  }

  async #exportOne(
    cube: CubeRef,
    { offset, length }: Segment,
    { fd, threads }: ExportTarget,
    at: number,
  ): Promise<void> {
    await this.#verified(cube, async () => {
      const result = await this.#source.reader.exportTo(cube, offset, length, fd, at, threads);
      if (!result.ok && result.fault === 'target') throw targetError(result.errno);
      return result;
    });
  }

  async #fetch(missing: readonly { segment: Segment; at: number }[], target: Buffer): Promise<void> {
    const reads = missing.map(({ segment, at }) => this.#fetchOne(segment, target, at));
    // Wait for all of them: no worker may still write into `target` after the answer.
    const settled = await Promise.allSettled(reads);
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
  }

  async #fetchOne({ cube, offset, length }: Segment, target: Buffer, at: number): Promise<void> {
    if (cube === null) return;
    await this.#verified(cube, () => this.#source.reader.read(cube, offset, length, target, at));
  }

  /** Takes content from a cube; once more where a second look finds good what failed. */
  async #verified(cube: CubeRef, take: () => Promise<CubeResult>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const result = await take();
      if (result.ok) return;
      await this.#source.faults.handle(cube, result);
      if (attempt > 0) {
        throw new SherinError('IO', {
          what: `reading cube ${cubeIdFromBytes(cube.id)}`,
          part: 'it keeps changing',
        });
      }
    }
  }

  #segments(offset: number, length: number): readonly Segment[] {
    const segments: Segment[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / slotBytes);
      const inSlot = at - index * slotBytes;
      const part = Math.min(end - at, slotBytes - inSlot);
      const slot = this.#slot(index);
      const refused = this.#quarantined(slot);
      if (refused !== undefined) throw new SherinError('CUBE_QUARANTINED', { id: refused });
      segments.push(...slotSegments(slot, inSlot, part));
      at += part;
    }
    return segments;
  }

  #slot(index: number): Slot {
    const first = index - (index % fanOut);
    const run = this.#runs?.get(first) ?? this.#load(index);
    const slot = run.slots[index - first];
    if (slot === undefined) throw new RangeError(`slot ${index} is past the end`);
    return slot;
  }

  #load(index: number): SlotRun {
    const run = slotsAround(this.#node, index, (id) => this.#source.node(id));
    this.#runs ??= new Map();
    if (this.#runs.size >= keptRuns) {
      const [oldest] = this.#runs.keys();
      if (oldest !== undefined) this.#runs.delete(oldest);
    }
    this.#runs.set(run.first, run);
    return run;
  }

  /** A cube of a slot that is in quarantine. */
  #quarantined(slot: Slot): CubeId | undefined {
    if (!this.#source.refused.some) return undefined;
    return cubesOf(slot)
      .map((cube) => cubeIdFromBytes(cube.id))
      .find((id) => this.#source.refused.has(id));
  }

  /** The kernel may send the requests of one reader out of order: "about where it was" counts as sequential. */
  #readAhead(offset: number, length: number): void {
    const sequential = Math.abs(offset - this.#expected) <= slotBytes;
    this.#expected = offset + length;
    if (!sequential) {
      this.#aheadSlot = 0;
      return;
    }
    const slot = Math.floor(offset / slotBytes);
    const first = Math.max(this.#aheadSlot, slot + 1);
    const last = Math.min(slot + readAheadCubes, Math.ceil(this.size / slotBytes) - 1);
    for (let index = first; index <= last; index++) {
      const ahead = this.#slot(index);
      if (this.#quarantined(ahead) !== undefined) continue;
      for (const cube of cubesOf(ahead)) this.#source.reader.prefetch(cube);
    }
    this.#aheadSlot = Math.max(this.#aheadSlot, last + 1);
  }
}

async function zeroData({ fd, threads }: ExportTarget, at: number, length: number): Promise<void> {
  try {
    await system.zeroData(fd, at, length, threads);
  } catch (error) {
    throw targetError(systemCode(error) ?? 'EIO', error);
  }
}

/** What the target of an export did: no fault of the vault. */
function targetError(errno: string, cause?: unknown): SherinError {
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return new SherinError('TARGET_FULL', {}, { cause });
  return new SherinError('IO', { what: 'writing the copy', part: errno }, { cause });
}
