import type { AuditActor } from '../audit/event.js';

const hourMs = 3_600_000;
/** Remembered (caller, object) pairs; beyond it the oldest hour is forgotten early and recorded again. */
const limit = 100_000;

/** Level `first` of recorded opens: one record per caller (uid and program), object and hour. */
export class RecordedOpens {
  #hour = 0;
  readonly #seen = new Set<string>();

  /** True when this open is to be recorded. */
  first(caller: AuditActor, id: string, now: number): boolean {
    const hour = Math.floor(now / hourMs);
    if (hour !== this.#hour || this.#seen.size >= limit) {
      this.#seen.clear();
      this.#hour = hour;
    }
    const key = keyOf(caller, id);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  /** Its record could not be written. */
  forget(caller: AuditActor, id: string): void {
    this.#seen.delete(keyOf(caller, id));
  }
}

function keyOf({ uid, exe }: AuditActor, id: string): string {
  return `${uid}:${exe}:${id}`;
}
