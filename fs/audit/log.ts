import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import { verifier } from '../../common/signature.js';
import { makeDirectory } from '../disk/make-directory.js';
import type { AuditEvent } from './event.js';
import { broken, unwritable } from './fault.js';
import type { HeadListener } from './head-listener.js';
import type { RecordLine } from './line.js';
import { type PendingAudit, type PendingRecords, readPending, removePending } from './pending.js';
import {
  type LogConsistency,
  proveConsistency,
  proveRecord,
  type RecordProof,
  readHead,
  type SignedHead,
} from './prove.js';
import { type Chain, type Prepared, prepare } from './record.js';
import { type LogHead, type Mac, Replay } from './replay.js';
import { Reserve } from './reserve.js';
import { countSegments } from './segment.js';
import { readBefore, readTail } from './tail.js';
import { segmentBefore, walkSegment } from './walk.js';
import { SegmentWriter } from './writer.js';

export interface AuditLogOptions {
  /** The vault's `audit/`. */
  readonly dir: string;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  /** HMAC-SHA256 under K_audit. */
  readonly mac: Mac;
  readonly chain: Chain;
  /** Ed25519 under K_sign. */
  readonly sign: (message: Buffer) => Buffer;
  /** Of the manifest's head: the log must contain it. */
  readonly expect: LogHead | null;
  /** Who may append to the pending records meanwhile. */
  readonly pending?: PendingAudit;
  /** Gets its heads. */
  readonly heads?: HeadListener | undefined;
  /** Bytes after which a segment ends; for tests. */
  readonly rotateAt?: number;
}

export interface AppendOptions {
  readonly essential?: boolean;
  readonly patient?: boolean;
}

interface Waiting {
  readonly prepared: Prepared;
  /** May use the reserve: lock, estop on, quarantine and unmount must be recorded on a full disk, too. */
  readonly essential: boolean;
  /** Nobody waits for it: it may wait for others. */
  readonly patient: boolean;
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
  #closed = false;

  private constructor(dir: string, writer: SegmentWriter, reserve: Reserve, heads: HeadListener | null) {
    this.#heads = heads;
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
    const { writer, unsigned, torn } = await openWriter(options);
    const log = new AuditLog(dir, writer, await openReserve(dir, writer), options.heads ?? null);
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
  append(event: AuditEvent, { essential = false, patient = false }: AppendOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new SherinError('AUDIT_UNWRITABLE', { part: 'it is closed' });
      if (this.#queue.length >= longestQueue)
        throw new SherinError('AUDIT_UNWRITABLE', { part: 'too many wait' });
      this.#queue.push({ prepared: prepare(event), essential, patient, resolve, reject });
      if (!patient) this.#hurry();
      this.#draining ??= this.#drain();
    });
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
    return readBefore(this.#dir, position, seq, count);
  }

  /** The last durable head with its signature. @throws SherinError AUDIT_BROKEN */
  signedHead(): Promise<SignedHead> {
    return readHead(this.#dir, this.#writer.position);
  }

  /** Proves a durable record. @throws SherinError RECORD_UNKNOWN, AUDIT_BROKEN */
  async prove(seq: number): Promise<RecordProof> {
    const { position } = this.#writer;
    if (seq >= position.headed.size) throw new SherinError('RECORD_UNKNOWN', { id: seq });
    return proveRecord(this.#dir, position, seq);
  }

  /** Proves that the log of `to` records begins with the one of `from`. @throws SherinError RECORD_UNKNOWN, AUDIT_BROKEN */
  async proveConsistency(from: number, to: number): Promise<LogConsistency> {
    const { position } = this.#writer;
    if (from < 1 || from > to || to > position.headed.size)
      throw new SherinError('RECORD_UNKNOWN', { id: from });
    return proveConsistency(this.#dir, position, { from, to });
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
    while (this.#queue.length > 0) {
      if (!this.#closed && this.#queue.every(({ patient }) => patient)) await this.#gather();
      // whoever appends in this turn of the event loop joins the group; later ones gather during its fdatasync
      await setImmediate();
      await this.#commit(this.#queue.splice(0, largestGroup));
    }
    this.#draining = null;
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

  /** Gives the reserve's blocks back one by one until the records fit. */
  async #commitReserved(group: readonly Waiting[], first: unknown): Promise<void> {
    let reason = first;
    while (systemCode(reason) === 'ENOSPC' || systemCode(reason) === 'EDQUOT') {
      if (!(await this.#reserve.release().catch(() => false))) break;
      try {
        await this.#writer.write(group.map(({ prepared }) => prepared));
        for (const { resolve } of group) resolve();
        this.#heads?.made(() => this.signedHead());
        return;
      } catch (error) {
        reason = error;
      }
    }
    for (const { reject } of group) reject(unwritable(reason));
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

async function openReserve(dir: string, writer: SegmentWriter): Promise<Reserve> {
  try {
    return await Reserve.open(dir);
  } catch (error) {
    await writer.close();
    throw unwritable(error);
  }
}

async function openWriter(
  options: AuditLogOptions,
): Promise<{ writer: SegmentWriter; unsigned: number; torn: number }> {
  const { dir, uuid, publicKey, mac, chain, sign, rotateAt } = options;
  // every log contains the head of no records
  const expect = options.expect?.size === 0 ? null : options.expect;
  const signing = { uuid, mac, chain, sign };
  const segments = await countSegments(dir);
  const missing = (found: number): SherinError =>
    new SherinError('ROLLBACK', {
      part: `the audit log has ${found} records, the manifest names ${expect?.size ?? 0}`,
    });
  if (segments === 0) {
    if (expect !== null) throw missing(0);
    return { writer: await SegmentWriter.create(dir, signing, rotateAt), unsigned: 0, torn: 0 };
  }
  const replay = new Replay({ uuid, verify: verifier(publicKey), mac, thorough: false, expect });
  let segment = expect === null ? segments : await segmentBefore(dir, segments, expect.size);
  let end = await walkSegment(dir, segment, segment === segments, replay);
  while (segment < segments) {
    segment += 1;
    end = await walkSegment(dir, segment, segment === segments, replay);
  }
  replay.finish();
  const { frontier, prev, headed, unsigned } = replay;
  if (expect !== null && frontier.size < expect.size) throw missing(frontier.size);
  if (!replay.metExpected) throw broken('it does not contain the head that the manifest names');
  const position = { segment: segments, end: end.end, frontier, prev, headed };
  return { writer: await SegmentWriter.resume(dir, signing, position, rotateAt), unsigned, torn: end.torn };
}
