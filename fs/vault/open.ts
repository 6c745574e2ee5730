import { SherinError } from '../../common/errors.js';
import { isUnfinished } from '../../common/unfinished-vault.js';
import type { Keyring, Secret } from '../../native/index.js';
import { type BootLog, readBootLog } from './boot-log.js';
import { defineCounter, RollbackCounter } from './counter.js';
import { VaultDirectory } from './directory.js';
import {
  type Header,
  headerPublicKey,
  signHeader,
  type TpmSlot,
  type UnsignedHeader,
  uuidBytes,
  verifyHeader,
} from './header.js';
import { type HeaderName, readHeader, restoreHeaderFile, writeHeader } from './header-file.js';
import type { KnownHeads } from './known-heads.js';
import { type KnownIdentity, type KnownVault, KnownVaults } from './known-vaults.js';
import { indexOf } from './nv-index.js';
import { openPassphraseSlot } from './passphrase-slot.js';
import type { PinnedHead } from './pinned-head.js';
import { openRecoverySlot } from './recovery-slot.js';
import { dropSealingLogs, keepSealingLog, readSealingLog, type SealingLog } from './sealing-log.js';
import { TpmSession } from './tpm-session.js';
import { isWrongPin, openTpmSlot } from './tpm-slot.js';
import { sourceForNew, sourceForSlot, type TpmPlaces } from './tpm-source.js';

export interface VaultPlaces extends TpmPlaces {
  /** File of the vaults this machine knows. */
  readonly knownVaults: string;
  /** Event log of the boot, where it is another file than the kernel's. */
  readonly eventLog?: string;
}

export interface OpenOptions {
  /** `vault.json.bak` instead, when someone asked for it. */
  readonly header?: HeaderName;
  /** Its directory, as another process has opened and locked it. */
  readonly directory?: number;
}

/** The first of {@link tpmSlotsOf}, whose TPM holds the rollback counter too; null: there is none. */
export function tpmSlotOf(header: Header): TpmSlot | null {
  return tpmSlotsOf(header)[0] ?? null;
}

/** In the order of the header. */
export function tpmSlotsOf(header: Header): readonly TpmSlot[] {
  return header.slots.filter((slot) => slot.type === 'tpm2');
}

/** Why the TPM can not be asked without a person; null: it can. */
export function whyUnaskable(header: Header): SherinError | null {
  const slots = tpmSlotsOf(header);
  if (slots.some(({ pin }) => !pin)) return null;
  const part = slots.length === 0 ? 'the vault has no TPM slot' : 'nobody could give the PIN at each open';
  return new SherinError('NAMESPACE_TPM', { part });
}

/** A vault whose directory is ours and whose header has been read: hostile until one of the unlocks resolves. */
export class LockedVault {
  readonly directory: VaultDirectory;
  readonly uuid: Buffer;
  readonly #places: VaultPlaces;
  readonly #knownVaults: KnownVaults;
  #header: Header;
  #known: KnownVault | null;
  readonly #heads: KnownHeads;
  /** What stands in the line that heads are noted on top of; null: there is none of this session. */
  #line: Pinned | null = null;
  #session: TpmSession | null;
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
    this.#knownVaults = new KnownVaults(places.knownVaults);
    this.#known = known;
    this.#heads = this.#knownVaults.headsOf(header.uuid);
    this.#session = session;
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
    return this.#known?.head ?? null;
  }

  /** The session with the TPM of the vault's TPM slot; opened at the first use. @throws SherinError SLOT_REFUSED without such a slot; TPM_MISSING */
  tpm(): TpmSession {
    const slot = tpmSlotOf(this.#header);
    if (slot === null) throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part: 'the vault has none' });
    this.#session ??= this.sessionOf(slot);
    return this.#session;
  }

  /** A session of its own with the TPM of one slot, for the caller to close. @throws SherinError TPM_MISSING */
  sessionOf(slot: TpmSlot): TpmSession {
    return new TpmSession(sourceForSlot(slot, this.#places, this.#header.uuid));
  }

  /** A session with the TPM that a new slot would be sealed to; a software TPM that is there already is used again. */
  async sessionForNew(): Promise<TpmSession> {
    // one swtpm a state directory: the old session must let go of it
    await this.#session?.close();
    this.#session = null;
    return new TpmSession(await sourceForNew(this.#places, this.#header.uuid));
  }

  /** Takes the session that the header's new TPM slot was made in. */
  async adoptSession(session: TpmSession): Promise<void> {
    await this.#session?.close();
    this.#session = session;
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

  async #openTpm(slots: readonly TpmSlot[], pin: Secret | null): Promise<Keyring> {
    const session = this.tpm();
    let first: unknown = null;
    let wrong: SherinError | null = null;
    for (const slot of slots) {
      if (wrong !== null && slot.pin) continue;
      try {
        return this.#admit(await openTpmSlot(session, this.uuid, this.#header, slot, pin));
      } catch (error) {
        first ??= error;
        if (slot.pin && isWrongPin(error)) wrong = error;
      }
    }
    const others = slots.filter((slot) => slot.pin).map(({ id }) => id);
    if (wrong === null || others.length < 2) throw first;
    const part = `${wrong.context.part}; it was tried with slot ${others[0]} alone: for another one name it with --slot (${others.slice(1).join(', ')})`;
    throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part }, { cause: wrong });
  }

  /** Tries every recovery slot. @throws SherinError RECOVERY_KEY_WRONG, HEADER_FORGED */
  async unlockRecovery(recovery: Secret): Promise<Keyring> {
    const slots = this.#header.slots.filter((slot) => slot.type === 'recovery');
    let refusal: unknown = new SherinError('RECOVERY_KEY_WRONG', { part: 'the vault has no recovery slot' });
    for (const slot of slots) {
      let keyring: Keyring;
      try {
        keyring = openRecoverySlot(this.uuid, this.#header, slot, recovery);
      } catch (error) {
        refusal = error;
        continue;
      }
      return this.#admit(keyring);
    }
    throw refusal;
  }

  /** Tries every passphrase slot. @throws SherinError SLOT_REFUSED, HEADER_FORGED */
  async unlockPassphrase(words: Secret): Promise<Keyring> {
    const slots = this.#header.slots.filter((slot) => slot.type === 'passphrase');
    let refusal: unknown = new SherinError('SLOT_REFUSED', {
      slot: 'passphrase',
      part: 'the vault has none',
    });
    for (const slot of slots) {
      let keyring: Keyring;
      try {
        keyring = await openPassphraseSlot(this.uuid, this.#header, slot, words);
      } catch (error) {
        refusal = error;
        continue;
      }
      return this.#admit(keyring);
    }
    throw refusal;
  }

  /** The rollback counter; null in a vault without one. */
  counter(keyring: Keyring): RollbackCounter | null {
    const { counter } = this.#header;
    return counter === null ? null : new RollbackCounter(() => this.tpm(), counter, keyring);
  }

  /**
   * Defines a new counter after the old one was lost, and writes a header that names it: what a moved or restored vault needs, with
   * the recovery key. Returns its value, for the next head. The old index, if it is there still, goes.
   */
  async replaceCounter(keyring: Keyring): Promise<bigint> {
    const session = this.tpm();
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
    await this.#announce(signed);
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

  /** Remembers the vault and its newest head outside of it; durable when it resolves. A line for each value of the counter, and a note for each head in between; without a counter a line for each. */
  async pin(head: PinnedHead): Promise<void> {
    const known = { ...identity(this.path, this.#header), head };
    const isCounted = this.#header.counter !== null;
    if (isCounted && this.#line !== null && isOnTop(this.#line, known)) await this.#heads.note(head);
    else {
      this.#line = null;
      await this.#knownVaults.put(known);
      await this.#heads.begin(head);
      this.#line = known;
    }
    this.#known = known;
  }

  /** With keys that another process had opened it with. @throws SherinError HEADER_FORGED */
  unlockHanded(keyring: Keyring): Keyring {
    // The other one may have written a line since.
    this.#line = null;
    return this.#admit(keyring);
  }

  /** Ends the TPM session (and our software TPM), so that another process can begin one; the next use begins a new one. */
  async leaveTpm(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** Ends the TPM session (and our software TPM), gives up the lock. Keyrings are the caller's. */
  async close(): Promise<void> {
    try {
      await this.#session?.close();
    } finally {
      await this.#heads.close();
      this.directory.close();
    }
  }

  /** A header that names another TPM is known before it is there: a crash in between leaves a vault that is known. */
  async #announce(header: Header): Promise<void> {
    const { primaryName } = identity(this.path, header);
    const known = this.#known;
    if (known === null || known.primaryName === primaryName) return;
    this.#line = null;
    const announced = { ...known, nextPrimaryName: primaryName };
    await this.#knownVaults.put(announced);
    this.#known = announced;
  }

  /** Nothing of the header counts before this. */
  #admit(keyring: Keyring): Keyring {
    try {
      verifyHeader(this.#header, keyring.publicKey(), `${this.path}/vault.json`);
      return keyring;
    } catch (error) {
      keyring.wipe();
      throw error;
    }
  }
}

type Pinned = KnownIdentity & { readonly head: PinnedHead };

/** Whether a head can be noted on top of a line: nothing else of it has changed, and the counter has not risen. */
function isOnTop(line: Pinned, { primaryName, publicKey, head }: Pinned): boolean {
  return line.primaryName === primaryName && line.publicKey.equals(publicKey) && line.head.nv === head.nv;
}

/** What `known_vaults` remembers of a vault, its head aside. */
function identity(path: string, header: Header): KnownIdentity {
  const primaryName = tpmSlotOf(header)?.primaryName ?? null;
  return { uuid: header.uuid, path, publicKey: headerPublicKey(header), primaryName };
}

/**
 * Takes the lock of the vault at an absolute path and reads its header.
 * @throws SherinError VAULT_MISSING, VAULT_UNSAFE, VAULT_BUSY, HEADER_MALFORMED, HEADER_LOST, VAULT_UNKNOWN, KNOWN_VAULTS
 */
export async function openLocked(
  path: string,
  places: VaultPlaces,
  options: OpenOptions = {},
): Promise<LockedVault> {
  const { directory: handed } = options;
  const directory = await (handed === undefined
    ? VaultDirectory.open(path)
    : VaultDirectory.adopt(path, handed));
  try {
    const header = await readHeader(directory.inside(), path, options.header);
    if (header === null) throw await noHeader(directory, path);
    const known = await new KnownVaults(places.knownVaults).check(identity(path, header));
    return new LockedVault(directory, header, places, known, null, options.header === 'vault.json.bak');
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Why there is no header: no vault, or one that lost it, and the copy perhaps. */
async function noHeader(directory: VaultDirectory, path: string): Promise<SherinError> {
  const names = await directory.names();
  if (!names.includes('vault.json.bak')) {
    const lost = names.includes('cubes') && !isUnfinished(directory.inside());
    return new SherinError(lost ? 'HEADER_LOST' : 'VAULT_MISSING', { path });
  }
  return new SherinError('HEADER_MALFORMED', { path: `${path}/vault.json`, part: 'it is missing' });
}
