import type { TreeHead } from '../../manifest/head.js';
import type { Manifest } from '../../manifest/manifest.js';

/** The rollback counter in the TPM, or what stands for it in tests. */
export interface Counter {
  /** Brings it from `from` to the next value, which it returns; safe to repeat. */
  increment(from: bigint): Promise<bigint>;
}

/** An hour of writing costs the TPM's NV memory 13 increments at most, and each session one at its end. */
const minutesBetween = 5;

/**
 * Keeps tree heads and the TPM's counter in step (FORMAT.md, "Tree head"): a head that names N + 1 is durable before the
 * counter leaves N, so that a crash at any point leaves a head that opens.
 */
export class RollbackGuard {
  #counter: Counter | null;
  readonly #pin: (head: TreeHead) => Promise<void>;
  #manifest: Manifest | null = null;
  /** The counter's value as last seen. */
  #value: bigint;
  /** The value that heads carry. */
  #signed: bigint;
  /** Time of the last increment, ms of a clock that nobody can set back; 0: not in this session. */
  #advanced = 0;
  #unsettled = false;
  /** A head that is not remembered yet. */
  #unpinned: TreeHead | null = null;
  /** Resolves when the last try to remember one is over, and with it all before. */
  #pinning: Promise<unknown> = Promise.resolve();

  /**
   * @param counter null where the vault has no counter: then nothing is raised
   * @param value the counter's present value
   * @param pin remembers a head outside the vault
   */
  constructor(counter: Counter | null, value: bigint, pin: (head: TreeHead) => Promise<void>) {
    this.#counter = counter;
    this.#value = value;
    this.#signed = value;
    this.#pin = pin;
  }

  attach(manifest: Manifest): void {
    this.#manifest = manifest;
  }

  /** The value that heads carry now. */
  get signed(): bigint {
    return this.#signed;
  }

  /**
   * Called before each commit: waits until the last one's head is remembered, and raises the counter before the first write of a session and every
   * few minutes of writing. @throws SherinError TPM_*; what `pin` throws, where the last commit's head could not be remembered either
   */
  async beforeWrite(now = performance.now()): Promise<void> {
    await this.#pinning;
    if (this.#unpinned !== null) await this.#pinNow(this.#unpinned);
    if (this.#advanced === 0 || now - this.#advanced > minutesBetween * 60_000) await this.#advance(now);
    this.#unsettled = true;
  }

  /** Another counter from now on; the value stays where none is given. */
  follow(counter: Counter | null, value = this.#signed): void {
    this.#counter = counter;
    this.#value = value;
    this.#signed = value;
  }

  /** Between two commits: signs the head anew, for a header that has changed, and remembers it. @throws SherinError NO_SPACE, IO */
  async renew(): Promise<void> {
    await this.#pinning;
    if (this.#manifest !== null) await this.#pinNow(this.#manifest.resign());
  }

  /** Remembers a head that is durable. Where that fails the commit stands all the same, and the next one waits for it. */
  async committed(head: TreeHead): Promise<void> {
    this.#unpinned = head;
    await this.#pinNow(head).catch(() => undefined);
  }

  /**
   * Called at a clean end: after it, no state of this session but the last one opens.
   * @param recorded the audit log has records that no head names
   */
  async settle(recorded: boolean): Promise<void> {
    await this.#pinning;
    if (this.#unsettled || recorded) await this.#advance(performance.now());
  }

  /** Resolves when nothing is being remembered any more. */
  async ended(): Promise<void> {
    await this.#pinning;
  }

  async #advance(now: number): Promise<void> {
    if (this.#manifest === null) return;
    if (this.#counter === null) {
      await this.#pinNow(this.#manifest.resign());
      this.#advanced = now;
      this.#unsettled = false;
      return;
    }
    // A failed increment leaves a head that is one ahead: then only the increment is repeated.
    if (this.#signed === this.#value) this.#signNext(this.#manifest);
    this.#value = await this.#counter.increment(this.#value);
    await this.#pinNow(this.#manifest.head);
    this.#advanced = now;
    this.#unsettled = false;
  }

  /** One after another: no head is remembered in the place of a later one. */
  #pinNow(head: TreeHead): Promise<void> {
    const before = this.#unpinned;
    const pinned = this.#pinning.then(async () => {
      await this.#pin(head);
      // Another commit may have come meanwhile.
      if (this.#unpinned === before) this.#unpinned = null;
    });
    this.#pinning = pinned.catch(() => undefined);
    return pinned;
  }

  /** The head that is signed asks for the value; it counts as signed only once that head is durable. */
  #signNext(manifest: Manifest): void {
    this.#signed += 1n;
    try {
      manifest.resign();
    } catch (error) {
      this.#signed -= 1n;
      throw error;
    }
  }
}
