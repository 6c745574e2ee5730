/** The sessions with the TPMs of a vault's slots. */
import { SherinError } from '../../common/errors.js';
import type { Header, TpmSlot } from './header.js';
import { TpmSession } from './tpm-session.js';
import { tpmSlotOf } from './tpm-slots.js';
import { sourceForNew, sourceForSlot, type TpmPlaces } from './tpm-source.js';

export class VaultTpm {
  readonly #places: TpmPlaces;
  /** As it stands now. */
  readonly #header: () => Header;
  #session: TpmSession | null;

  /** @param session the one that the vault was made in */
  constructor(places: TpmPlaces, header: () => Header, session: TpmSession | null) {
    this.#places = places;
    this.#header = header;
    this.#session = session;
  }

  /** That with the TPM of the first TPM slot; opened at the first use. @throws SherinError SLOT_REFUSED without such a slot; TPM_MISSING */
  session(): TpmSession {
    const slot = tpmSlotOf(this.#header());
    if (slot === null) throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part: 'the vault has none' });
    this.#session ??= this.sessionOf(slot);
    return this.#session;
  }

  /** One of its own with the TPM of one slot, for the caller to close. @throws SherinError TPM_MISSING */
  sessionOf(slot: TpmSlot): TpmSession {
    return new TpmSession(sourceForSlot(slot, this.#places, this.#header().uuid));
  }

  /** One with the TPM that a new slot would be sealed to; a software TPM that is there already is used again. */
  async sessionForNew(): Promise<TpmSession> {
    // one swtpm a state directory: the old session must let go of it
    await this.leave();
    return new TpmSession(await sourceForNew(this.#places, this.#header().uuid));
  }

  /** Takes the session that the header's new TPM slot was made in. */
  async adopt(session: TpmSession): Promise<void> {
    await this.#session?.close();
    this.#session = session;
  }

  /** Ends the session (and our software TPM), so that another process can begin one; the next use begins a new one. */
  async leave(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }
}
