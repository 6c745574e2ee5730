import type { Admins } from '../../../common/admins.js';
import { SherinError, systemCode } from '../../../common/errors.js';
import { unlockedMemory } from '../../../common/key-memory.js';
import type { Logger } from '../../../common/log.js';
import { type CubeReader, type Keyring, Secret, system } from '../../../native/index.js';
import type { AuditEvent } from '../../audit/event.js';
import { AuditLog } from '../../audit/log.js';
import type { PendingAudit } from '../../audit/pending.js';
import { requireKnownLogs } from '../../backup/known-formats.js';
import type { CubeLock } from '../../cube/cube-lock.js';
import type { CubeStore } from '../../cube/store.js';
import { LogCopy } from '../../log-copy/log-copy.js';
import type { Rebuilt } from '../../log-copy/rebuild.js';
import { Manifest, type ManifestOptions } from '../../manifest/manifest.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import { enrollTpm } from '../../vault/enroll.js';
import { headerHash } from '../../vault/header.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { tpmSlotOf } from '../../vault/tpm-slots.js';
import type { Journal } from '../../writing/journal/journal.js';
import { requireKnownJournal } from '../../writing/journal/known-version.js';
import type { WritingListener } from '../../writing/listener.js';
import { availableBytes } from '../disk-space.js';
import type { Measures } from '../measures.js';
import { readNamespaces } from '../namespaces/kept-namespaces.js';
import { readRules } from '../rules/kept-rules.js';
import type { Standing } from '../standing.js';
import type { VaultEvents } from '../vault-events.js';
import { anchoringOf } from './anchoring-of.js';
import { encodeOptions } from './encode-options.js';
import { requireKeyMemory } from './key-memory.js';
import { auditKeys, manifestKeys } from './key-uses.js';
import { openJournal } from './open-journal.js';
import { rebuildIfBroken } from './rebuilding.js';
import { RollbackGuard } from './rollback-guard.js';
import { Session } from './session.js';

/** How to open the vault. */
export type Opening =
  | { readonly slot: 'tpm'; readonly pin: Secret | null; readonly only?: number | null }
  | { readonly slot: 'passphrase'; readonly text: Secret }
  /** Keys of a session before, of this process or of one whose place it takes. */
  | { readonly slot: 'handed'; readonly keyring: Keyring; readonly nextInode: number }
  | {
      readonly slot: 'recovery';
      readonly text: Secret;
      readonly acceptRollback: boolean;
      /** A manifest that is gone or broken is rebuilt from the copy of its log; told what came of it. */
      readonly rebuild?: (outcome: Rebuilt | null) => void;
    };

export interface OpenSessionParts {
  readonly locked: LockedVault;
  readonly reader: CubeReader;
  readonly store: CubeStore;
  readonly lock: CubeLock;
  readonly admins: Admins;
  readonly bots: BotFolders;
  readonly pending: PendingAudit;
  readonly invalidate: () => void;
  readonly events: VaultEvents;
  readonly standing: Standing;
  readonly measures: Measures;
  /** As ManifestOptions.firstInode, of sessions before. */
  readonly firstInode: number;
  readonly listener: WritingListener;
  readonly actor: AuditEvent['actor'];
  readonly log: Logger;
}

/**
 * Opens a vault from its slot to a verified tree: key, manifest, audit log, rollback counter; nothing is served before
 * all of them agree. What fails leaves no key behind.
 */
export async function openSession(how: Opening, parts: OpenSessionParts): Promise<Session> {
  requireKeyMemory();
  await parts.locked.directory.requireWritable();
  let keyring: Keyring | null = null;
  try {
    keyring = await unwrap(how, parts.locked);
    if (how.slot === 'tpm') parts.measures.unseals += 1;
    await requireKnownFormats(parts.locked, keyring);
    if (how.slot !== 'recovery') return await verified(keyring, how, parts);
    const rebuilt = how.rebuild === undefined ? null : await rebuildIfBroken(keyring, parts.locked);
    const session = await accepted(keyring, how, parts, rebuilt);
    how.rebuild?.(rebuilt);
    return session;
  } catch (error) {
    keyring?.wipe();
    throw unlockedMemory(error) ?? error;
  }
}

/** Where an older state is accepted, a journal that goes on behind a later one is refused, and kept. */
async function accepted(
  keyring: Keyring,
  how: Opening & { readonly slot: 'recovery' },
  parts: OpenSessionParts,
  rebuilt: Rebuilt | null,
): Promise<Session> {
  try {
    return await verified(keyring, how, parts, { rebuilt });
  } catch (error) {
    const unfit = error instanceof SherinError && error.code === 'JOURNAL_BROKEN';
    if (!how.acceptRollback || !unfit) throw error;
    return await verified(keyring, how, parts, { rebuilt, refuseJournal: true });
  }
}

/** Opens the slot that a secret is for, and nothing else: is it the right one? @throws SherinError as {@link openSession} */
export async function checkSecret(how: Opening, locked: LockedVault): Promise<void> {
  if (how.slot === 'tpm' && how.pin === null) return;
  (await unwrap(how, locked)).wipe();
}

async function unwrap(how: Opening, locked: LockedVault): Promise<Keyring> {
  if (how.slot === 'tpm') return locked.unlockTpm(how.pin, how.only ?? null);
  if (how.slot === 'handed') return locked.unlockHanded(how.keyring);
  if (how.slot === 'passphrase') return locked.unlockPassphrase(how.text);
  const key = recoveryKey(how.text);
  try {
    return await locked.unlockRecovery(key);
  } finally {
    key.wipe();
  }
}

/** @throws SherinError RECOVERY_KEY_WRONG */
export function recoveryKey(text: Secret): Secret {
  try {
    return Secret.parseRecoveryKey(text);
  } catch (error) {
    const code = systemCode(error);
    if (!(error instanceof Error) || (code !== 'ECHECKSUM' && code !== 'EINVAL')) throw error;
    const part = error.message;
    throw new SherinError('RECOVERY_KEY_WRONG', { part }, { cause: error });
  }
}

/** Before anything is written, the rollback counter and what is rebuilt included. @throws SherinError FORMAT_NEWER, DISK_READ */
async function requireKnownFormats({ fd, uuid }: LockedVault, keyring: Keyring): Promise<void> {
  await requireKnownLogs(fd, { uuid, publicKey: keyring.publicKey() });
  requireKnownJournal(fd, keyring);
}

interface Accepted {
  readonly rebuilt?: Rebuilt | null;
  readonly refuseJournal?: boolean;
}

async function verified(
  keyring: Keyring,
  how: Opening,
  parts: OpenSessionParts,
  { rebuilt = null, refuseJournal = false }: Accepted = {},
): Promise<Session> {
  const { locked, actor } = parts;
  const override = how.slot === 'recovery' && how.acceptRollback;
  let audit: AuditLog | null = null;
  const record = async (event: AuditEvent): Promise<void> => audit?.append(event, { patient: true });
  const anchoring = anchoringOf(locked.uuid, record);
  let guard: RollbackGuard | null = null;
  let journal: Journal | null = null;
  const manifest = openManifest(keyring, locked, override, {
    laterHeader: rebuilt !== null,
    firstInode: how.slot === 'handed' ? how.nextInode : parts.firstInode,
    auditHead: () => audit?.head() ?? { size: manifest.head.auditSize, root: manifest.head.auditRoot },
    counter: () => guard?.signed ?? manifest.head.nv,
    journalEpoch: () => journal?.epoch ?? manifest.head.journalEpoch,
  });
  try {
    const { auditSize, auditRoot } = manifest.head;
    audit = await AuditLog.open({
      dir: locked.directory.inside('audit'),
      uuid: locked.uuid,
      ...auditKeys(keyring),
      write: system.writeDurably,
      expect: { size: auditSize, root: auditRoot },
      pending: parts.pending,
      heads: anchoring ?? undefined,
    });
    const counted = await admitCounter(keyring, locked, manifest, override);
    guard = new RollbackGuard(counted.counter, counted.value, (head) => locked.pin(head));
    guard.attach(manifest);
    const meta = { slot: how.slot, override: counted.overridden };
    await audit.append({ event: 'AUDIT_UNLOCK', id: null, actor, meta });
    if (rebuilt !== null) {
      const { size, time } = rebuilt.head;
      const facts = { records: size, time: String(time), lost: (locked.pinned?.size ?? size) - size };
      await audit.append(
        { event: 'AUDIT_MANIFEST_REBUILT', id: null, actor, meta: facts },
        { essential: true },
      );
    }
    const headerChanged = manifest.head.headerGeneration !== locked.header.generation;
    if (counted.overridden !== null || rebuilt !== null || headerChanged || locked.pinned === null) {
      await locked.pin(manifest.resign());
    }
    await locked.restoreHeader();
    parts.reader.resume(keyring);
    const { uuid } = locked;
    const auditDir = locked.directory.inside('audit');
    const encode = encodeOptions(locked, keyring);
    const { owned } = locked.header;
    const { syncs } = parts.measures;
    const opened = await openJournal({
      ...{ vaultFd: locked.fd, keyring, manifest, audit, actor, syncs },
      refuse: refuseJournal,
    });
    journal = opened;
    const logCopy = new LogCopy({ vaultFd: locked.fd, uuid, keyring, manifest, log: parts.log });
    const session = new Session({
      ...{ ...parts, uuid, auditDir, keyring, manifest, audit, guard, encode, owned, journal: opened },
      ...{ anchoring, logCopy },
      askTpm: () => locked.askTpm(keyring.publicKey()),
      available: () => availableBytes(locked.directory.path),
    });
    const recovered = await session.recover();
    if (recovered > 0)
      session.records.note({ event: 'AUDIT_JOURNAL', id: null, actor, meta: { recovered } }, true);
    session.rules.take(await readRules(session, parts.log));
    session.namespaces.take(await readNamespaces(session, parts.log));
    logCopy.look();
    return session;
  } catch (error) {
    await audit?.close().catch(() => undefined);
    await guard?.ended();
    manifest.close();
    throw error;
  }
}

function openManifest(
  keyring: Keyring,
  locked: LockedVault,
  override: boolean,
  values: Pick<ManifestOptions, 'auditHead' | 'counter' | 'journalEpoch' | 'laterHeader' | 'firstInode'>,
): Manifest {
  const path = locked.directory.inside('manifest.db');
  const options: ManifestOptions = {
    path,
    ...manifestKeys(keyring, path),
    uuid: locked.uuid,
    header: () => ({ generation: locked.header.generation, hash: headerHash(locked.header) }),
    ...values,
  };
  const { pinned } = locked;
  return override || pinned === null ? Manifest.open(options) : Manifest.open(options, pinned);
}

/**
 * Compares the TPM's counter with the newest head. Only the recovery key together with the explicit wish to accept the
 * state opens a vault whose counter is lost or says that it was put back; a new counter then begins.
 */
async function admitCounter(
  keyring: Keyring,
  locked: LockedVault,
  manifest: Manifest,
  override: boolean,
): Promise<{
  readonly counter: ReturnType<LockedVault['counter']>;
  readonly value: bigint;
  readonly overridden: string | null;
}> {
  const counter = locked.counter(keyring);
  if (counter === null) return { counter, value: manifest.head.nv, overridden: null };
  try {
    return { counter, value: await counter.admit(manifest.head.nv), overridden: null };
  } catch (error) {
    if (!override || !(error instanceof SherinError)) throw error;
    if (!['ROLLBACK', 'COUNTER_LOST', 'TPM_MISSING'].includes(error.code)) throw error;
    const value = await newCounter(keyring, locked, error.code, manifest.head.nv);
    return { counter: locked.counter(keyring), value, overridden: error.code };
  }
}

/**
 * Begins a new counter after the owner accepted that the old one is lost: in the vault's TPM; where that is gone and was a
 * software TPM without PIN, in a new one that the vault is sealed to. Otherwise the vault goes on without a counter:
 * a hardware TPM or a PIN is not replaced by something weaker behind the owner's back.
 */
async function newCounter(keyring: Keyring, locked: LockedVault, code: string, nv: bigint): Promise<bigint> {
  if (code !== 'TPM_MISSING') return locked.replaceCounter(keyring);
  const slot = tpmSlotOf(locked.header);
  if (slot !== null && slot.kind === 'software' && !slot.pin) {
    return enrollTpm(locked, keyring, { pin: null, pcrs: slot.pcrs, bank: slot.bank });
  }
  const { signature: _, ...header } = locked.header;
  await locked.replaceHeader({ ...header, counter: null, generation: header.generation + 1 }, keyring);
  return nv;
}
