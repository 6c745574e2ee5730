import type { AuditActor } from '../../audit/event.js';

const hourMs = 3_600_000;
/** Remembered (caller, object) pairs; beyond it the oldest hour is forgotten early and recorded again. */
const limit = 100_000;

/** Level `first` of recorded opens: one record per caller (uid and program), object and hour. */
export class RecordedOpens {
  #hour = 0;
  /** By caller. */
  readonly #seen = new Map<string, Set<string>>();
  #count = 0;
  /** Who has opened last, and what by then: mostly one program goes through many files. */
  #last: { readonly caller: AuditActor; readonly seen: Set<string> } | null = null;

  /** True when this open is to be recorded. */
  first(caller: AuditActor, id: string, now: number): boolean {
    const hour = Math.floor(now / hourMs);
    if (hour !== this.#hour || this.#count >= limit) {
      this.#seen.clear();
      this.#last = null;
      this.#count = 0;
      this.#hour = hour;
    }
    const seen = this.#seenBy(caller);
    if (seen.has(id)) return false;
    seen.add(id);
    this.#count += 1;
    return true;
  }

  #seenBy(caller: AuditActor): Set<string> {
    if (this.#last?.caller === caller) return this.#last.seen;
    const key = keyOf(caller);
    const seen = this.#seen.get(key) ?? new Set();
    this.#seen.set(key, seen);
    this.#last = { caller, seen };
    return seen;
  }

  /** Its record could not be written. */
  forget(caller: AuditActor, id: string): void {
    if (this.#seen.get(keyOf(caller))?.delete(id) === true) this.#count -= 1;
  }
}

function keyOf({ uid, exe }: AuditActor): string {
  return `${uid}:${exe}`;
}
