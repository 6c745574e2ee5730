/** Repeated refusals become one counted record: nobody fills the disk, or costs an fsync, by asking again and again. */
import type { AuditEvent } from './event.js';

export interface AuditSink {
  append(event: AuditEvent): Promise<void>;
}

export interface CoalesceOptions {
  /** Milliseconds for which repeats are only counted; default 1000. */
  readonly window?: number;
  /** Different events counted at a time; those beyond share one count for each event name. Default 1024. */
  readonly most?: number;
}

interface Repeats {
  readonly event: AuditEvent;
  count: number;
  readonly timer: NodeJS.Timeout;
}

/** Between the service and the log, for events whose repetition says nothing new: denials, failed unlocks. */
export class CoalescedAudit {
  readonly #sink: AuditSink;
  readonly #window: number;
  readonly #most: number;
  readonly #repeats = new Map<string, Repeats>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(sink: AuditSink, { window = 1000, most = 1024 }: CoalesceOptions = {}) {
    this.#sink = sink;
    this.#window = window;
    this.#most = most;
  }

  /**
   * The first of its kind (event, ID, uid, program, what else it says) is durable when this resolves; repeats within the window resolve at
   * once and follow as one record with `meta.repeats`. @throws SherinError AUDIT_UNWRITABLE
   */
  append(event: AuditEvent): Promise<void> {
    const exact = JSON.stringify([event.event, event.id, event.actor.uid, event.actor.exe, event.meta]);
    const crowded = !this.#repeats.has(exact) && this.#repeats.size >= this.#most;
    const key = crowded ? event.event : exact;
    const known = this.#repeats.get(key);
    if (known !== undefined) {
      known.count += 1;
      return Promise.resolve();
    }
    // a crowd has no common ID or actor
    const shared = { ...event, id: null, actor: { uid: null, pid: null, exe: null }, meta: {} };
    const timer = setTimeout(() => this.#flush(key), this.#window).unref();
    this.#repeats.set(key, { event: crowded ? shared : event, count: 0, timer });
    return this.#sink.append(event);
  }

  /** Writes what was counted so far. @throws SherinError AUDIT_UNWRITABLE */
  async close(): Promise<void> {
    for (const key of [...this.#repeats.keys()]) this.#flush(key);
    await this.#writing;
  }

  #flush(key: string): void {
    const known = this.#repeats.get(key);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.#repeats.delete(key);
    if (known.count === 0) return;
    const { event, count } = known;
    const written = this.#sink.append({ ...event, meta: { ...event.meta, repeats: count } });
    // a count that can't be written is lost like the refusals it counts: they were refused all the same
    this.#writing = Promise.all([this.#writing, written.catch(() => undefined)]);
  }
}
