import { SherinError } from '../../../common/errors.js';
import { within } from '../../mount/within.js';

/** Seconds that one open waits for the TPM: a slow one needs about half of one. */
const patience = 20;

/**
 * Asks the TPM for who opens something. Those who come before an unseal begins share it; nobody gets the answer of one that had begun
 * before he came.
 */
export class TpmAtOpen {
  readonly #unseal: () => Promise<void>;
  readonly #patienceMs: number;
  /** Settles when the last unseal that was begun has ended. */
  #begun: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | null = null;

  /** @param unseal has the TPM release the key of the vault once, and wipes it */
  constructor(unseal: () => Promise<void>, patienceMs = patience * 1000) {
    this.#unseal = unseal;
    this.#patienceMs = patienceMs;
  }

  /** @throws SherinError TPM_*, PIN_NEEDED, SLOT_REFUSED, HEADER_FORGED; TIMEOUT, for this one caller */
  async ask(): Promise<void> {
    this.#next ??= this.#after(this.#begun);
    const answered = this.#next.then(() => true as const);
    if ((await within(answered, this.#patienceMs)) === true) return;
    throw new SherinError('TIMEOUT', { what: 'the TPM', seconds: Math.ceil(this.#patienceMs / 1000) });
  }

  async #after(before: Promise<unknown>): Promise<void> {
    await before;
    this.#next = null;
    const unsealed = this.#unseal();
    this.#begun = unsealed.catch(() => undefined);
    return unsealed;
  }
}
