import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import { nowNanoseconds } from '../../common/time.js';
import { replaceFile } from '../disk/durable.js';
import { makeDirectory } from '../disk/make-directory.js';
import {
  type Archivable,
  type ArchiveWish,
  archivable,
  removeSegments,
  requireArchivable,
} from './archivable.js';
import { type Archived, archivedName, archivedText, withPart } from './archived.js';
import type { AuditEvent, EventSeries } from './event.js';
import { broken, unwritable } from './fault.js';
import type { HeadListener } from './head-listener.js';
import type { RecordLine } from './line.js';
import { type OpenedLog, type OpeningLog, openWriter } from './open-writer.js';
import { type PendingAudit, type PendingRecords, readPending, removePending } from './pending.js';
import {
  type LogConsistency,
  proveConsistency,
  proveRecord,
  type RecordProof,
  readHead,
  requireSizes,
} from './prove.js';
import { type Prepared, prepare, prepareSeries } from './record.js';
import type { LogHead } from './replay.js';
import { openReserve, type Reserve } from './reserve.js';
import type { SignedHead } from './signed-head.js';
import { readBefore, readTail } from './tail.js';
import type { SegmentWriter } from './writer.js';

export interface AuditLogOptions extends OpeningLog {
  /** Who may append to the pending records meanwhile. */
  readonly pending?: PendingAudit;
  /** Gets its heads. */
  readonly heads?: HeadListener | undefined;
}

export interface AppendOptions {
  /** May use the reserve: lock, estop on, quarantine and unmount must be recorded on a full disk, too. */
  readonly essential?: boolean;
  /** Nobody waits for it: it may wait for others. */
  readonly patient?: boolean;
}

interface Waiting extends Required<AppendOptions> {
  readonly prepared: Prepared;
  readonly resolve: () => void;
  readonly reject: (error: SherinError) => void;
}

/** Records in one group: bounds the bytes of a write to 4 MiB. */
const largestGroup = 1024;
/** Milliseconds for which records that nobody waits for gather into one group. */
const gatherMs = 10;
/** Records that may wait for a disk that doesn't answer. */
const longestQueue = 65_536;

const nobody = { uid: null, pid: null, exe: null } as const;

/** The audit log's single writer. Who appends meanwhile waits for one common fdatasync. */
export class AuditLog {
  readonly #dir: string;
  readonly #writer: SegmentWriter;
  readonly #reserve: Reserve;
  #queue: Waiting[] = [];
  #draining: Promise<void> | null = null;
  /** Ends the gathering of patient records. */
  #hurry: () => void = () => undefined;
  readonly #heads: HeadListener | null;
  readonly #jobs: (() => Promise<void>)[] = [];
  readonly #signing: Pick<AuditLogOptions, 'uuid' | 'sign'>;
  #archived: Archived | null;
  /** Records before the first segment. */
  #from: number;
  #closed = false;

  private constructor(
    { dir, uuid, sign, heads }: AuditLogOptions,
    { writer, archived, from }: OpenedLog,
    reserve: Reserve,
  ) {
    this.#heads = heads ?? null;
    this.#signing = { uuid, sign };
    this.#archived = archived;
    this.#from = from;
    this.#dir = dir;
    this.#writer = writer;
    this.#reserve = reserve;
  }

  /**
   * Verifies the newest segment from its signed checkpoint (older ones as far back as `expect`), cuts off what a crash left
   * of a group that nobody was told is durable, and takes in pending records. Creates the log when there is none.
   * @throws SherinError AUDIT_BROKEN, also when `dir` is a link; ROLLBACK when the log ends before `expect`; AUDIT_UNWRITABLE
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { dir } = options;
    await makeDirectory(dir);
    // Files are made and removed in it.
    if (!(await lstat(dir)).isDirectory()) throw broken('audit/ is a link');
    await rm(join(dir, 'next.tmp'), { recursive: true, force: true });
    const opened = await openWriter(options);
    const { writer, unsigned, torn } = opened;
    const log = new AuditLog(options, opened, await openReserve(dir, writer));
    try {
      if (torn > 0 || unsigned > 0)
        await log.append({
          event: 'AUDIT_LOG_TORN',
          id: null,
          actor: nobody,
          meta: { bytes: torn, kept: unsigned },
        });
      const take = () => log.#takePending();
      await (options.pending?.exclusively(take) ?? take());
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /**
   * Durable when it resolves. `essential` records may use the reserved space; `patient` ones, which nobody waits for, gather for
   * some milliseconds first. @throws SherinError AUDIT_UNWRITABLE
   */
  append(event: AuditEvent, options: AppendOptions = {}): Promise<void> {
    return this.appendAll([event], options);
  }

  /** As {@link append}, in their order; where some of them can't be recorded, the others are. @throws as {@link append}, for the first that can't */
  appendAll(
    events: readonly (AuditEvent | EventSeries)[],
    { essential = false, patient = false }: AppendOptions = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let open = 1;
      const done = () => {
        open -= 1;
        if (open === 0) resolve();
      };
      for (const event of events) {
        try {
          for (const prepared of 'about' in event ? prepareSeries(event) : [prepare(event)]) {
            open += 1;
            this.#push({ prepared, essential, patient, resolve: done, reject });
          }
        } catch (error) {
          reject(error);
        }
      }
      done();
    });
  }

  /** As {@link append} of a patient record, for one of many: without a promise for each. @param failed told instead of `done`, why */
  note(prepared: Prepared, done: () => void, failed: (error: unknown) => void): void {
    try {
      this.#push({ prepared, essential: false, patient: true, resolve: done, reject: failed });
    } catch (error) {
      failed(error);
    }
  }

  /** Records that wait for their group. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** @throws SherinError AUDIT_UNWRITABLE */
  #push(waiting: Waiting): void {
    if (this.#closed) throw new SherinError('AUDIT_UNWRITABLE', { part: 'it is closed' });
    if (this.#queue.length >= longestQueue)
      throw new SherinError('AUDIT_UNWRITABLE', { part: 'too many wait' });
    this.#queue.push(waiting);
    if (!waiting.patient) this.#hurry();
    this.#draining ??= this.#drain();
  }

  /** The last durable signed head. */
  head(): LogHead {
    return this.#writer.position.headed;
  }

  /** The newest `count` durable records, oldest first. */
  tail(count: number): Promise<readonly RecordLine[]> {
    return readTail(this.#dir, this.#writer.position, count);
  }

  /** The `count` durable records before `seq`, oldest first. @throws SherinError AUDIT_BROKEN */
  before(seq: number, count: number): Promise<readonly RecordLine[]> {
    const { position } = this.#writer;
    if (seq >= position.headed.size) return readTail(this.#dir, position, count);
    if (seq <= this.#from) return Promise.resolve([]);
    return readBefore(this.#dir, position, seq, count);
  }

  /** The last durable head with its signature. @throws SherinError AUDIT_BROKEN */
  signedHead(): Promise<SignedHead> {
    return readHead(this.#dir, this.#writer.position);
  }

  /** Where the first `size` records are, where they are no longer here. */
  archivedAt(size: number): Archived | null {
    return size < this.#from ? this.#archived : null;
  }

  /** Proves a durable record. @throws SherinError RECORD_UNKNOWN, RECORD_ARCHIVED, AUDIT_BROKEN */
  async prove(seq: number): Promise<RecordProof> {
    const { position } = this.#writer;
    if (seq >= position.headed.size) throw new SherinError('RECORD_UNKNOWN', { id: seq });
    if (seq < this.#from) throw this.#elsewhere(seq);
    return proveRecord(this.#dir, position, seq);
  }

  /** Proves that the log of `to` records begins with the one of `from`. @throws SherinError USAGE, RECORD_ARCHIVED, AUDIT_BROKEN */
  async proveConsistency(from: number, to: number): Promise<LogConsistency> {
    const { position } = this.#writer;
    requireSizes(from, to, position.headed.size);
    if (from < this.#from) throw this.#elsewhere(from);
    return proveConsistency(this.#dir, position, { from, to });
  }

  /** What is archived. */
  get archived(): Archived | null {
    return this.#archived;
  }

  /**
   * Whole segments that can be kept elsewhere, the oldest first; null: none. The one that is written to is ended before, where all are wanted.
   * @throws SherinError AUDIT_UNWRITABLE
   */
  async archivable(wish: ArchiveWish): Promise<Archivable | null> {
    const all = wish.keep === undefined && wish.before === undefined;
    if (all) await this.#between(() => this.#withReserve(() => this.#writer.rotate()));
    return archivable(this.#dir, this.#writer.position, this.#archived, wish);
  }

  /** @throws SherinError USAGE, AUDIT_BROKEN */
  requireArchivable(segments: Archivable): Promise<void> {
    return requireArchivable(this.#dir, this.#writer.position, this.#archived, segments);
  }

  /**
   * Gives up whole segments that are kept at `place` now: says so under the vault's key, durably, then removes them.
   * @returns bytes that were freed. @throws SherinError AUDIT_UNWRITABLE
   */
  async giveUp(segments: Archivable, place: string): Promise<number> {
    await this.requireArchivable(segments);
    const { from, to, size, root } = segments;
    if (from <= to) {
      const parts = withPart(this.#archived?.parts ?? [], { from, to, place });
      const facts = { segments: to, size, root, time: String(nowNanoseconds()), parts };
      const { archived, bytes } = archivedText(facts, this.#signing);
      await this.#between(() => this.#withReserve(() => replaceFile(join(this.#dir, archivedName), bytes)));
      this.#archived = archived;
    }
    const first = (this.#archived?.segments ?? 0) + 1;
    this.#from = this.#archived?.size ?? 0;
    this.#writer.beginAt(first);
    const freed = await removeSegments(this.#dir, first);
    await this.#reserve.refill();
    return freed;
  }

  #elsewhere(id: number): SherinError {
    const place = this.#archived?.parts.at(-1)?.place ?? 'an archive';
    return new SherinError('RECORD_ARCHIVED', { id, path: place });
  }

  /** Waits for what was appended, then closes. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#hurry();
    while (this.#draining !== null) await this.#draining;
    await this.#heads?.end(() => this.signedHead());
    await this.#writer.close();
    await this.#reserve.close();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0 || this.#jobs.length > 0) {
      const job = this.#jobs.shift();
      if (job !== undefined) {
        await job();
        continue;
      }
      if (!this.#closed && this.#queue.every(({ patient }) => patient)) await this.#gather();
      // whoever appends in this turn of the event loop joins the group; later ones gather during its fdatasync
      await setImmediate();
      await this.#commit(this.#queue.splice(0, largestGroup));
    }
    this.#draining = null;
  }

  /** Runs `work` while no group is written. */
  #between(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new SherinError('AUDIT_UNWRITABLE', { part: 'it is closed' });
      this.#jobs.push(() => work().then(resolve, (error: unknown) => reject(unwritable(error))));
      this.#hurry();
      this.#draining ??= this.#drain();
    });
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, gatherMs);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#writer.write(group.map(({ prepared }) => prepared));
      for (const { resolve } of group) resolve();
      this.#heads?.made(() => this.signedHead());
      if (!this.#reserve.full) await this.#reserve.refill();
    } catch (error) {
      const essential = group.filter((waiting) => waiting.essential);
      for (const waiting of group) if (!waiting.essential) waiting.reject(unwritable(error));
      if (essential.length > 0) await this.#commitReserved(essential, error);
    }
  }

  async #commitReserved(group: readonly Waiting[], first: unknown): Promise<void> {
    try {
      await this.#withReserve(() => this.#writer.write(group.map(({ prepared }) => prepared)), first);
      for (const { resolve } of group) resolve();
      this.#heads?.made(() => this.signedHead());
    } catch (error) {
      for (const { reject } of group) reject(unwritable(error));
    }
  }

  /** Gives the reserve's blocks back one by one until `step` finds space. @param failed why it has not, where it was tried already */
  async #withReserve(step: () => Promise<void>, failed?: unknown): Promise<void> {
    let reason = failed;
    if (reason === undefined) {
      try {
        return await step();
      } catch (error) {
        reason = error;
      }
    }
    while (systemCode(reason) === 'ENOSPC' || systemCode(reason) === 'EDQUOT') {
      if (!(await this.#reserve.release().catch(() => false))) break;
      try {
        return await step();
      } catch (error) {
        reason = error;
      }
    }
    throw reason;
  }

  /** Pending records become records, marked as unauthenticated; the last of them names the file, so that a crash before its removal doesn't take it in twice. */
  async #takePending(): Promise<void> {
    const pending = await readPending(this.#dir);
    if (pending === null) return;
    if (!(await this.#hasTaken(pending))) {
      const { records, malformed, digest } = pending;
      const taken = prepare({
        event: 'AUDIT_PENDING_TAKEN',
        id: null,
        actor: nobody,
        meta: { records: records.length, malformed, sha256: digest },
      });
      try {
        await this.#writer.write([...records, taken]);
      } catch (error) {
        throw unwritable(error);
      }
    }
    await removePending(this.#dir);
  }

  async #hasTaken(pending: PendingRecords): Promise<boolean> {
    const [last] = (await this.tail(2)).filter((record) => record.event === 'AUDIT_PENDING_TAKEN').slice(-1);
    return last?.meta.sha256 === pending.digest;
  }
}
