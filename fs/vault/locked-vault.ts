import { SherinError } from '../../common/errors.js';
import type { Keyring, Secret } from '../../native/index.js';
import { type BootLog, readBootLog } from './boot-log.js';
import { defineCounter, RollbackCounter } from './counter.js';
import type { VaultDirectory } from './directory.js';
import {
  type Header,
  headerPublicKey,
  signHeader,
  type TpmSlot,
  type UnsignedHeader,
  uuidBytes,
  verifyHeader,
} from './header.js';
import { restoreHeaderFile, writeHeader } from './header-file.js';
import { type KnownIdentity, type KnownVault, KnownVaults } from './known-vaults.js';
import { indexOf } from './nv-index.js';
import type { PinnedHead } from './pinned-head.js';
import { RememberedHeads } from './remembered-heads.js';
import { dropSealingLogs, keepSealingLog, readSealingLog, type SealingLog } from './sealing-log.js';
import type { TpmSession } from './tpm-session.js';
import { tpmSlotOf, tpmSlotsOf, whyUnaskable } from './tpm-slots.js';
import type { TpmPlaces } from './tpm-source.js';
import { openPassphraseSlots, openRecoverySlots, openTpmSlots } from './unlocking.js';
import { VaultTpm } from './vault-tpm.js';

export interface VaultPlaces extends TpmPlaces {
  /** File of the vaults this machine knows. */
  readonly knownVaults: string;
  /** Event log of the boot, where it is another file than the kernel's. */
  readonly eventLog?: string;
}

/** A vault whose directory is ours and whose header has been read: hostile until one of the unlocks resolves. */
export class LockedVault {
  readonly directory: VaultDirectory;
  readonly uuid: Buffer;
  readonly tpm: VaultTpm;
  readonly #places: VaultPlaces;
  readonly #heads: RememberedHeads;
  #header: Header;
  /** True while `vault.json` is not the header that was read. */
  #fromBackup: boolean;

  constructor(
    directory: VaultDirectory,
    header: Header,
    places: VaultPlaces,
    known: KnownVault | null,
    session: TpmSession | null = null,
    fromBackup = false,
  ) {
    this.directory = directory;
    this.uuid = uuidBytes(header);
    this.#header = header;
    this.#places = places;
    this.tpm = new VaultTpm(places, () => this.#header, session);
    this.#heads = new RememberedHeads(new KnownVaults(places.knownVaults), header.uuid, known);
    this.#fromBackup = fromBackup;
  }

  get path(): string {
    return this.directory.path;
  }
  /** Descriptor of the vault directory; holds the lock. */
  get fd(): number {
    return this.directory.fd;
  }
  get header(): Header {
    return this.#header;
  }
  /** The newest head that this machine saw; null for a vault that is new here. */
  get pinned(): PinnedHead | null {
    return this.#heads.newest;
  }

  /**
   * A PIN is tried with one slot: each further one would cost an attempt that the TPM counts.
   * @param only the number of the slot; else the first that wants a PIN where one is given, and all that want none
   * @throws SherinError PIN_NEEDED, SLOT_REFUSED, KEY_SLOT_UNKNOWN, TPM_*, HEADER_FORGED
   */
  async unlockTpm(pin: Secret | null, only: number | null = null): Promise<Keyring> {
    const slots = tpmSlotsOf(this.#header).filter(({ id }) => only === null || id === only);
    if (slots.length === 0)
      throw new SherinError('KEY_SLOT_UNKNOWN', { slot: only ?? 0, part: ' that a TPM seals' });
    const fitting = slots.filter((slot) => slot.pin === (pin !== null));
    return this.#openTpm(fitting.length === 0 ? slots : fitting, pin);
  }

  /** Why the TPM can not be asked without a person; null: it can. */
  get unaskable(): SherinError | null {
    return whyUnaskable(this.#header);
  }

  /**
   * Has the TPM release the vault's key once more, by a slot without PIN, and wipes it.
   * @param publicKey of the vault that is open. @throws SherinError NAMESPACE_TPM; as {@link unlockTpm}
   */
  async askTpm(publicKey: Buffer): Promise<void> {
    const { unaskable } = this;
    if (unaskable !== null) throw unaskable;
    const slots = tpmSlotsOf(this.#header).filter(({ pin }) => !pin);
    const keyring = await this.#openTpm(slots, null);
    try {
      if (!keyring.publicKey().equals(publicKey))
        throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part: 'it holds the key of another vault' });
    } finally {
      keyring.wipe();
    }
  }

  #openTpm(slots: readonly TpmSlot[], pin: Secret | null): Promise<Keyring> {
    return openTpmSlots(this.tpm.session(), this.#header, slots, pin, this.#admit);
  }

  /** Tries every recovery slot. @throws SherinError RECOVERY_KEY_WRONG, HEADER_FORGED */
  unlockRecovery(recovery: Secret): Promise<Keyring> {
    return openRecoverySlots(this.#header, recovery, this.#admit);
  }

  /** Tries every passphrase slot. @throws SherinError SLOT_REFUSED, HEADER_FORGED */
  unlockPassphrase(words: Secret): Promise<Keyring> {
    return openPassphraseSlots(this.#header, words, this.#admit);
  }

  /** The rollback counter; null in a vault without one. */
  counter(keyring: Keyring): RollbackCounter | null {
    const { counter } = this.#header;
    return counter === null ? null : new RollbackCounter(() => this.tpm.session(), counter, keyring);
  }

  /**
   * Defines a new counter after the old one was lost, and writes a header that names it: what a moved or restored vault needs, with
   * the recovery key. Returns its value, for the next head. The old index, if it is there still, goes.
   */
  async replaceCounter(keyring: Keyring): Promise<bigint> {
    const session = this.tpm.session();
    const { counter: before, signature: _, ...rest } = this.#header;
    const { index, value } = await defineCounter(session, keyring);
    await this.replaceHeader({ ...rest, counter: index, generation: rest.generation + 1 }, keyring);
    if (before !== null) {
      await session
        .once((tpm) => tpm.counterUndefine(indexOf(before)))
        .catch((error: unknown) => {
          if (!(error instanceof SherinError)) throw error;
        });
    }
    return value;
  }

  /** Signs and writes a changed header; its generation must be the next. */
  async replaceHeader(header: UnsignedHeader, keyring: Keyring): Promise<void> {
    if (header.generation !== this.#header.generation + 1)
      throw new RangeError('a header follows the one before');
    const signed = signHeader(header, (message) => keyring.sign(message));
    await this.#heads.announce(identityOf(this.path, signed));
    await writeHeader(this.directory.inside(), signed);
    this.#header = signed;
    this.#fromBackup = false;
    await dropSealingLogs(this.directory, signed.slots);
  }

  /** What was measured in this boot, for the TPM of a slot. */
  bootLog(slot: Pick<TpmSlot, 'kind' | 'device'>): Promise<BootLog> {
    return readBootLog(slot, this.#places.eventLog);
  }

  /** Keeps with a slot that was sealed just now what has been measured, for the day that its PCRs are others. */
  async keepSealingLog(slot: TpmSlot, keyring: Keyring): Promise<void> {
    const log = await this.bootLog(slot);
    if (log.state === 'read') await keepSealingLog(this, slot, log.bytes, (message) => keyring.sign(message));
  }

  /** What was kept with a slot, by the key that the header has. */
  sealingLog(slot: TpmSlot): Promise<SealingLog> {
    return readSealingLog(this, slot, headerPublicKey(this.#header));
  }

  /** Puts the header that has opened the vault in the place of a copy, or of a header beside it, that is damaged or gone. */
  async restoreHeader(): Promise<void> {
    const from = this.#fromBackup ? 'vault.json.bak' : 'vault.json';
    try {
      await restoreHeaderFile(this.directory.inside(), this.#header, from);
      this.#fromBackup = false;
    } catch {
      // A disk that takes nothing more must not close what has just opened; the next opening tries again.
    }
  }

  /** Remembers the vault and its newest head outside of it; durable when it resolves. */
  pin(head: PinnedHead): Promise<void> {
    return this.#heads.pin(identityOf(this.path, this.#header), head, this.#header.counter !== null);
  }

  /** With keys that another process had opened it with. @throws SherinError HEADER_FORGED */
  unlockHanded(keyring: Keyring): Keyring {
    this.#heads.forgetLine();
    return this.#admit(keyring);
  }

  /** Ends the TPM session (and our software TPM), gives up the lock. Keyrings are the caller's. */
  async close(): Promise<void> {
    try {
      await this.tpm.leave();
    } finally {
      await this.#heads.close();
      this.directory.close();
    }
  }

  /** Nothing of the header counts before this. */
  readonly #admit = (keyring: Keyring): Keyring => {
    try {
      verifyHeader(this.#header, keyring.publicKey(), `${this.path}/vault.json`);
      return keyring;
    } catch (error) {
      keyring.wipe();
      throw error;
    }
  };
}

/** What `known_vaults` remembers of a vault, its head aside. */
export function identityOf(path: string, header: Header): KnownIdentity {
  const primaryName = tpmSlotOf(header)?.primaryName ?? null;
  return { uuid: header.uuid, path, publicKey: headerPublicKey(header), primaryName };
}
