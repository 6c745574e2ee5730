import type { SherinError } from '../../../common/errors.js';

/** A refused unseal is not repeated for this long: a directory listing must not become a storm of TPM calls. */
const refusalMs = 3_000;

/** Why the vault did not open when that was last tried; nothing once it is open or locked on purpose. */
export class LastRefusal {
  #error: SherinError | null = null;
  #at = 0;

  get error(): SherinError | null {
    return this.#error;
  }

  note(error: SherinError): void {
    this.#error = error;
    this.#at = Date.now();
  }

  forget(): void {
    this.#error = null;
  }

  /** @throws SherinError the refusal, while it is fresh */
  throwFresh(): void {
    if (this.#error !== null && Date.now() - this.#at < refusalMs) throw this.#error;
  }
}
