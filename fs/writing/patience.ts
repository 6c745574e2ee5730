/** How long sealing unasked waits for programs that sync again and again: it would take the processors and the disk from them. */

/** Who has synced within this time will soon do so again. */
const activeMs = 1_000;
const mostMs = 30_000;
/** Bytes in memory that are worth a seal all the same. */
const mostBytes = 24 * 1024 * 1024;

export class Patience {
  #synced = Number.NEGATIVE_INFINITY;
  #waits: number | null = null;

  /** @param now of performance.now(), as in {@link mayWait} */
  synced(now: number): void {
    this.#synced = now;
  }

  /** Whether what was changed may go on to wait once the journal has it. @param bytes in memory that are in no cube */
  mayWait(now: number, bytes: number): boolean {
    const active = now - this.#synced <= activeMs && bytes <= mostBytes;
    if (active && (this.#waits === null || now - this.#waits < mostMs)) {
      this.#waits ??= now;
      return true;
    }
    this.#waits = null;
    return false;
  }
}
