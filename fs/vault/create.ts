import { randomUUID } from 'node:crypto';
import { realpath, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { initMark, isUnfinished } from '../../common/unfinished-vault.js';
import { Keyring, type NvIndex, Secret } from '../../native/index.js';
import { syncDirectory } from '../disk/durable.js';
import { readBootLog } from './boot-log.js';
import { defineCounter } from './counter.js';
import { VaultDirectory } from './directory.js';
import { type Header, headerHash, signHeader, type UnsignedHeader, uuidBytes } from './header.js';
import { writeHeader } from './header-file.js';
import { KnownVaults } from './known-vaults.js';
import { LockedVault, type VaultPlaces } from './locked-vault.js';
import { indexOf } from './nv-index.js';
import { keepSealingLog } from './sealing-log.js';
import { TpmSession } from './tpm-session.js';
import type { SealWish } from './tpm-slot.js';
import { sourceForNew } from './tpm-source.js';
import { recoverySlot, tpmSlot } from './tried-slots.js';
import { markDirectory, removeLeftState } from './unfinished-tpm.js';

/** What exists before `vault.json`: enough to put the first manifest and audit log in place. */
export interface VaultDraft {
  readonly directory: VaultDirectory;
  readonly keyring: Keyring;
  /** As it will be written. */
  readonly header: Header;
  readonly headerHash: Buffer;
  /** Present value of the rollback counter: `nv` of the first head. */
  readonly counter: bigint;
  /** Opens the vault once it is one. */
  readonly recovery: Secret;
}

export interface CreateOptions extends SealWish {
  /** Absolute; the directory must be empty or not there. */
  readonly path: string;
  readonly places: VaultPlaces;
  readonly pad: Header['pad'];
  /** IDs depend on the owner's uid: the mount is shared between users. */
  readonly owned: boolean;
  /** Fills the vault before `vault.json` makes it one; what it throws undoes everything made so far. */
  readonly populate?: (draft: VaultDraft) => Promise<void>;
  /** Aborted: what was made so far goes again, unless the vault is whole already. */
  readonly signal?: AbortSignal | undefined;
}

export interface CreatedVault {
  /** Holds the directory's lock and the TPM session. */
  readonly vault: LockedVault;
  readonly keyring: Keyring;
  /** Shown once, then wiped by the caller. */
  readonly recovery: Secret;
  /** Present value of the rollback counter. */
  readonly counter: bigint;
}

/** What is taken back, last first, when a step fails. */
class Undo {
  readonly #steps: (() => Promise<void> | void)[] = [];

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  /** Each step is tried: one that fails must not keep the others from running. */
  async run(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch {
        // the error that led here is the one to show
      }
    }
  }
}

/**
 * Makes a vault with a TPM slot, a recovery slot and a rollback counter. `vault.json` is written last: a crash leaves a whole
 * vault or none, and what it leaves of none the next call clears away.
 * @throws the signal's reason; SherinError VAULT_EXISTS, VAULT_BUSY, VAULT_UNSAFE, USAGE, TPM_*, TOOL_MISSING, NO_SPACE
 */
export async function createVault(options: CreateOptions): Promise<CreatedVault> {
  const undo = new Undo();
  try {
    return await create(options, undo);
  } catch (error) {
    await undo.run();
    if (systemCode(error) === 'ENOSPC')
      throw new SherinError('NO_SPACE', { what: 'a new vault' }, { cause: error });
    throw error;
  }
}

async function create(options: CreateOptions, undo: Undo): Promise<CreatedVault> {
  const { path, places, pin, pcrs, bank, signal } = options;
  // a list that can't be trusted or made now could not take the new vault in later
  const forList = await new KnownVaults(places.knownVaults).prepare();
  for (const one of forList) undo.add(() => rmdir(one));
  const directory = await emptyDirectory(path, places, undo);
  const uuidText = randomUUID();
  const uuid = uuidBytes({ uuid: uuidText });
  undo.add(() => directory.empty());
  await markDirectory(directory, uuidText);

  const source = await sourceForNew(places, uuidText);
  undo.add(() => source.discard());
  source.begin(await realpath(directory.inside()));
  const session = new TpmSession(source);
  undo.add(() => session.close());
  const keyring = Keyring.generate(uuid);
  undo.add(() => keyring.wipe());
  const recovery = Secret.random(32);
  undo.add(() => recovery.wipe());

  signal?.throwIfAborted();
  const undefine = (index: NvIndex): Promise<void> => session.once((tpm) => tpm.counterUndefine(index));
  const slotCounter = await session.once((tpm) => tpm.counterDefine(null));
  undo.add(() => undefine(slotCounter));
  const counter = await defineCounter(session, keyring);
  undo.add(() => undefine(indexOf(counter.index)));

  const wrapping = { uuid, keyring, epochs: { epoch: 0 } };
  const sealed = await tpmSlot(wrapping, session, { id: 0, pin, pcrs, bank, slotCounter });
  const unsigned: UnsignedHeader = {
    format: 1,
    suite: 1,
    uuid: uuidText,
    generation: 1,
    created: new Date().toISOString(),
    epoch: 0,
    pad: options.pad,
    owned: options.owned,
    publicKey: keyring.publicKey().toString('base64'),
    counter: counter.index,
    slots: [sealed, recoverySlot(wrapping, 1, recovery)],
  };
  const header = signHeader(unsigned, (message) => keyring.sign(message));

  signal?.throwIfAborted();
  await directory.makeFolders();
  await options.populate?.({
    directory,
    keyring,
    header,
    headerHash: headerHash(header),
    counter: counter.value,
    recovery,
  });
  const log = await readBootLog(sealed, places.eventLog);
  if (log.state === 'read')
    await keepSealingLog({ directory, uuid }, sealed, log.bytes, (message) => keyring.sign(message));
  signal?.throwIfAborted();
  await writeHeader(directory.inside(), header);
  await rm(directory.inside(initMark));
  await source.finish();
  return {
    vault: new LockedVault(directory, header, places, null, session),
    keyring,
    recovery,
    counter: counter.value,
  };
}

/** The locked, empty directory of the new vault. */
async function emptyDirectory(path: string, { tpmState }: VaultPlaces, undo: Undo): Promise<VaultDirectory> {
  const made = makePrivate(path);
  if (made.length > 0) undo.add(() => rmdir(path));
  const directory = await VaultDirectory.open(path);
  undo.add(() => directory.close());
  if (isUnfinished(directory.inside())) {
    await removeLeftState(directory, tpmState);
    await directory.empty();
  }
  if ((await directory.names()).length > 0) throw new SherinError('VAULT_EXISTS', { path });
  for (const one of made) await syncDirectory(dirname(one.toString()));
  return directory;
}

/** @returns what it made @throws SherinError VAULT_EXISTS, LOCAL_FILE */
function makePrivate(path: string): readonly Buffer[] {
  try {
    return makeDirectories(path, 0o700);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' || code === 'ENOTDIR') throw new SherinError('VAULT_EXISTS', { path });
    // A disk that is full is told as everywhere in here.
    throw code === 'ENOSPC' ? error : localError(path, error);
  }
}
