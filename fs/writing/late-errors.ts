/** What sealing and the journal met in the background: logged once, and told to who closes or syncs a file that it concerns. */
import type { Contents } from './contents.js';
import { nobody, type WritingListener } from './listener.js';
import { sealFault } from './seal-fault.js';

export class LateErrors {
  listener: WritingListener = nobody;
  readonly #contents: Contents;
  /** Why the last attempt to seal failed, until one succeeds. */
  #failed: unknown = null;
  /** Whether the listener was told that there is something late. */
  #late = false;
  /** Other work that fails. */
  readonly #failing = new Set<string>();

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  /** Sealing has failed; null: it has not. */
  sealing(error: unknown): void {
    if (error !== null && this.#failed === null)
      this.listener.failing('sealing of what programs write', error);
    const late = error !== null || [...this.#contents.all()].some(({ stuck }) => stuck !== null);
    if (late || this.#late) this.listener.late(late);
    this.#late = late;
    this.#failed = error;
  }

  /** The journal has failed; null: it has not. */
  journal(error: unknown): void {
    this.unasked('the journal of what programs write', error);
  }

  /** Work that nobody waits for has failed; null: it has not. */
  unasked(what: string, error: unknown): void {
    if (error !== null && !this.#failing.has(what)) this.listener.failing(what, error);
    if (error !== null) this.#failing.add(what);
    else this.#failing.delete(what);
  }

  /** @throws SherinError what concerns a file */
  throwFor(ino: number): void {
    this.throwStuck(ino);
    if (this.#failed !== null && this.#contents.get(ino) !== undefined) throw sealFault(this.#failed);
  }

  /** @throws SherinError why a file could be no version */
  throwStuck(ino: number): void {
    const stuck = this.#contents.get(ino)?.stuck;
    if (stuck != null) throw stuck;
  }
}
