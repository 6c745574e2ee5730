import { SherinError } from '../../../common/errors.js';
import type { CubeId, SherinId } from '../../../common/ids.js';
import type { OpenLevel } from '../../../common/namespaces/record.js';
import type { Archivable, ArchiveWish } from '../../audit/archivable.js';
import { CoalescedAudit } from '../../audit/coalesce.js';
import type { AuditActor, AuditEvent, EventSeries } from '../../audit/event.js';
import type { RecordLine } from '../../audit/line.js';
import type { AppendOptions, AuditLog } from '../../audit/log.js';
import { PreparedByIds } from '../../audit/record.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';
import { RecordedOpens } from './recorded-opens.js';

/** Records that may wait for the disk while others go on. */
const mostBehind = 4_096;

interface Opener {
  readonly caller: Caller;
  readonly actor: AuditActor;
  /** Records of what he opens. */
  readonly opens: PreparedByIds;
}

/** What a session puts into the audit log. Once a record could not be written, opens wait for theirs. */
export class Records {
  readonly #audit: AuditLog;
  readonly #failed: () => void;
  readonly #denials: CoalescedAudit;
  readonly #opens = new RecordedOpens();
  #writable = true;
  /** Who has opened last. */
  #last: Opener | null = null;
  #opened = 0;
  #closed = false;

  /** @param failed told when the log takes records no more: what may be opened without one is to be taken back */
  constructor(audit: AuditLog, failed: () => void) {
    this.#audit = audit;
    this.#failed = failed;
    this.#denials = new CoalescedAudit(audit);
  }

  /** True while the last record could be written. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Opens in this session, those that have no record of their own included. */
  get opened(): number {
    return this.#opened;
  }

  /** Number and root of the durable records. */
  head(): ReturnType<AuditLog['head']> {
    return this.#audit.head();
  }

  /** The newest durable records, oldest first. */
  tail(count: number): Promise<readonly RecordLine[]> {
    return this.#audit.tail(count);
  }

  /** As {@link AuditLog.before}. */
  before(seq: number, count: number): Promise<readonly RecordLine[]> {
    return this.#audit.before(seq, count);
  }

  signedHead(): ReturnType<AuditLog['signedHead']> {
    return this.#audit.signedHead();
  }

  /** @throws SherinError RECORD_UNKNOWN, AUDIT_BROKEN */
  prove(seq: number): ReturnType<AuditLog['prove']> {
    return this.#audit.prove(seq);
  }

  /** @throws SherinError USAGE, RECORD_ARCHIVED, AUDIT_BROKEN */
  proveConsistency(from: number, to: number): ReturnType<AuditLog['proveConsistency']> {
    return this.#audit.proveConsistency(from, to);
  }

  /** Where records are that are no longer here. */
  get archived(): AuditLog['archived'] {
    return this.#audit.archived;
  }

  /** As {@link AuditLog.archivable}. */
  archivable(wish: ArchiveWish): Promise<Archivable | null> {
    return this.#audit.archivable(wish);
  }

  /** Records that segments are kept elsewhere, then gives them up: the log may be writable again. @throws as {@link AuditLog.giveUp} */
  async giveUp(segments: Archivable, place: string, actor: AuditActor): Promise<number> {
    await this.#audit.requireArchivable(segments);
    const { from, to, size, root } = segments;
    const event = { event: 'AUDIT_ARCHIVED', id: null, actor, meta: { from, to, records: size, root } };
    if (from <= to) await this.#append(event, { essential: true });
    const freed = await this.#audit.giveUp(segments, place);
    this.#writable = true;
    return freed;
  }

  /** Appends without waiting for the disk. */
  note(event: AuditEvent, essential = false): void {
    this.#append(event, { essential, patient: true }).catch(() => undefined);
  }

  /**
   * As {@link note}, in their order. Where too many wait for the disk it resolves once these are durable: who sends more is held back before the
   * log takes none. @throws then as {@link record}
   */
  async noteAll(events: readonly (AuditEvent | EventSeries)[]): Promise<void> {
    const appended = this.#appendAll(events, { patient: true });
    if (this.#audit.waiting > mostBehind) return appended;
    appended.catch(() => undefined);
  }

  /** Durable when it resolves. @throws SherinError AUDIT_UNWRITABLE, LOCKED */
  record(event: AuditEvent): Promise<void> {
    return this.#append(event, {});
  }

  /** An open. Normally nobody waits for the disk; a log that failed must take this record first. @throws as {@link record} */
  async open(id: SherinId | CubeId, caller: Caller, level: OpenLevel): Promise<void> {
    if (this.#writable || level === 'off') return this.noteOpen(id, caller, level);
    this.#opened += 1;
    await this.record({ event: 'AUDIT_OPEN', id, actor: actorOf(caller), meta: {} });
  }

  /** An open that has been answered. */
  noteOpen(id: SherinId | CubeId, caller: Caller, level: OpenLevel): void {
    this.#opened += 1;
    if (level === 'off') return;
    const { actor, opens } = this.#openerOf(caller);
    if (!this.#opens.first(actor, id, Date.now()) && level === 'first') return;
    const refused = (): void => {
      this.#refused();
      this.#opens.forget(actor, id);
    };
    try {
      if (this.#closed) throw new SherinError('LOCKED');
      this.#audit.note(opens.of(id), this.#taken, refused);
    } catch {
      refused();
    }
  }

  /** A refusal; one that is repeated is counted. @param rule the access rule behind it */
  denied(operation: string, id: string | null, caller: Caller, rule?: string): Promise<void> {
    const meta = rule === undefined ? { operation } : { operation, rule };
    return this.refused({ event: 'AUDIT_DENIED', id, actor: actorOf(caller), meta });
  }

  /** As {@link denied}, of what was refused elsewhere. @throws SherinError AUDIT_UNWRITABLE */
  refused(event: AuditEvent): Promise<void> {
    return this.#denials.append(event);
  }

  /** Refuses further records and closes the log. */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.#denials.close();
    } finally {
      await this.#audit.close();
    }
  }

  #append(event: AuditEvent, options: AppendOptions): Promise<void> {
    return this.#appendAll([event], options);
  }

  async #appendAll(events: readonly (AuditEvent | EventSeries)[], options: AppendOptions): Promise<void> {
    if (this.#closed) throw new SherinError('LOCKED');
    try {
      await this.#audit.appendAll(events, options);
      // An essential record may have taken reserved space: the log is no more writable for it.
      if (options.essential !== true) this.#taken();
    } catch (error) {
      this.#refused();
      throw error;
    }
  }

  readonly #taken = (): void => {
    this.#writable = true;
  };

  #refused(): void {
    if (this.#writable && !this.#closed) this.#failed();
    this.#writable = false;
  }

  /** Who opens many files is looked at once. */
  #openerOf(caller: Caller): Opener {
    if (this.#last !== null && sameCaller(this.#last.caller, caller)) return this.#last;
    const actor = actorOf(caller);
    this.#last = { caller, actor, opens: new PreparedByIds({ event: 'AUDIT_OPEN', actor, meta: {} }) };
    return this.#last;
  }
}

/** One process and program; where the driver has not looked at the program, one request. */
function sameCaller(one: Caller, other: Caller): boolean {
  if (one === other) return true;
  const { uid, gid, pid, program } = other;
  return (
    program !== undefined && one.program === program && one.pid === pid && one.uid === uid && one.gid === gid
  );
}
