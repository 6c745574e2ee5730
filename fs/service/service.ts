import { Admins } from '../../common/admins.js';
import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { Turns } from '../../common/turns.js';
import type { Status } from '../../daemon/protocol/control.js';
import { CubeReader } from '../../native/index.js';
import type { Peer } from '../../native/ipc.js';
import type { AuditEvent } from '../audit/event.js';
import { PendingAudit } from '../audit/pending.js';
import { CubeLock } from '../cube/cube-lock.js';
import { CubeStore } from '../cube/store.js';
import { BotFolders } from '../mount/bots/folders.js';
import type { Caller } from '../mount/source.js';
import { filesName, topInode } from '../mount/top-tree.js';
import { headerPublicKey } from '../vault/header.js';
import type { LockedVault } from '../vault/locked-vault.js';
import { actorOf } from './actor.js';
import { Freezing } from './freezing.js';
import { HandingOver } from './handover/handing-over.js';
import { Attesting } from './keys/attesting.js';
import { KeyChanges } from './keys/key-changes.js';
import { Reencryption } from './keys/reencryption.js';
import { IdleLock } from './locking/idle-lock.js';
import { LastRefusal } from './locking/last-refusal.js';
import { refusedUnlock } from './locking/refused-unlock.js';
import { SleepWatch } from './locking/sleep-watch.js';
import { TpmAnswers } from './locking/tpm-answers.js';
import { Measures } from './measures.js';
import { keepWritten, unsealedError } from './mounting/keep-written.js';
import { Mounting } from './mounting/mounting.js';
import { Mounts } from './mounting/mounts.js';
import { KeptNamespaces } from './namespaces/kept-namespaces.js';
import { ObjectAccess } from './objects/object-access.js';
import { Origins } from './objects/origins.js';
import type { ServiceOptions } from './options.js';
import { KeptRules } from './rules/kept-rules.js';
import { requireKeyMemory } from './session/key-memory.js';
import { checkSecret, type Opening, openSession } from './session/open-session.js';
import type { Session } from './session/session.js';
import { SessionEnd } from './session/session-end.js';
import type { VaultView } from './session/vault-view.js';
import { Standing } from './standing.js';
import { statusOf } from './status.js';
import { Tasks } from './tasks/tasks.js';
import { VaultEvents } from './vault-events.js';
import { Collecting, type CollectingParts } from './versions/collecting.js';
import { Destroying } from './versions/destroying.js';
import { History } from './versions/history.js';
import { Importing } from './versions/importing.js';
import { Removing } from './versions/removing.js';
import { Snapshots } from './versions/snapshots.js';
import { Space } from './versions/space.js';

type State =
  /** No key in memory; the first access that needs it asks the TPM. */
  | { readonly kind: 'sealed' }
  /** Locked on purpose: only `unlock` opens it. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'unlocked'; readonly session: Session };

const cacheBytes = 16 * 1024 * 1024;
const readThreads = 4;

/** The life of one vault in this process: sealed, unlocked, locked; mounted or not. */
export class VaultService implements VaultView {
  readonly store: CubeStore;
  /** Shared by who relies on cubes that no record refers to yet; exclusive for who removes cubes. */
  readonly cubeLock = new CubeLock();
  readonly standing = new Standing();
  readonly folders = new BotFolders(this.standing);
  readonly imports: Importing;
  readonly history: History;
  readonly removing: Removing;
  readonly collecting: Collecting;
  readonly destroying: Destroying;
  readonly space: Space;
  readonly origins: Origins;
  readonly objects: ObjectAccess;
  readonly snapshots: Snapshots;
  readonly attesting: Attesting;
  readonly idleLock: IdleLock;
  #sleepWatch: SleepWatch | null = null;
  readonly events = new VaultEvents();
  readonly tasks: Tasks;
  readonly keys: KeyChanges;
  readonly reencryption: Reencryption;
  readonly handover: HandingOver;
  readonly tpm: TpmAnswers;
  readonly #measures = new Measures();
  readonly rules: KeptRules;
  readonly namespaces: KeptNamespaces;
  readonly mounts: Mounts;
  readonly freezing: Freezing;
  readonly #locked: LockedVault;
  readonly #log: Logger;
  readonly #options: ServiceOptions;
  readonly #admins = new Admins();
  readonly #reader: CubeReader;
  readonly #pending: PendingAudit;
  readonly #mounting: Mounting;
  readonly #end: SessionEnd;
  #state: State = { kind: 'sealed' };
  readonly #turns = new Turns();
  #opening: Promise<Session> | null = null;
  readonly #refusal = new LastRefusal();

  constructor(locked: LockedVault, log: Logger, options: ServiceOptions) {
    this.#locked = locked;
    this.#log = log;
    this.#options = options;
    this.store = new CubeStore(locked.fd);
    this.#reader = new CubeReader({
      vaultFd: locked.fd,
      cacheBytes,
      threads: readThreads,
      uuid: locked.uuid,
      wholeCubes: options.wholeCube,
    });
    this.#pending = new PendingAudit(locked.directory.inside('audit'));
    this.#mounting = new Mounting(this, log, this.standing, (mounted) =>
      this.events.tell({ kind: 'mount', mounted }),
    );
    const invalidate = () => this.#mounting.invalidate('all');
    this.#end = new SessionEnd({ reader: this.#reader, invalidate, log });
    this.freezing = new Freezing({
      ...{ current: () => this.current(), log, note: (event) => this.note(event) },
      ...{ flush: invalidate, mark: options.freezeMark ?? null },
    });
    this.mounts = new Mounts(this.#mounting, (event) => this.note(event));
    this.history = new History(this, (what) => this.#mounting.invalidate(what));
    this.removing = new Removing(this, (what) => this.#mounting.invalidate(what));
    this.collecting = new Collecting(this.#collectingParts());
    this.destroying = new Destroying(this.#collectingParts(), this.removing);
    this.space = new Space(this, () => locked.header.pad);
    this.origins = new Origins(this);
    const othersComeIn = () => this.#mounting.mounted?.allowOther ?? false;
    this.objects = new ObjectAccess({ vault: this, origins: this.origins, othersComeIn });
    const { directory } = locked;
    this.snapshots = new Snapshots({ directory, undisturbed: (step) => this.#undisturbed(step) });
    this.attesting = new Attesting(this, locked);
    this.idleLock = new IdleLock({
      ...{ seconds: options.autoLock ?? null, log },
      mark: () => this.current() && `${this.current()?.useMark},${this.#measures.syncs.buckets.join()}`,
      lock: () => this.lock(null, 'idle'),
    });
    this.idleLock.start();
    if (options.lockBeforeSleep === true)
      this.#sleepWatch = new SleepWatch({ lock: () => this.lock(null, 'sleep'), log });
    this.#sleepWatch?.start();
    this.reencryption = new Reencryption({ vault: this, locked, lock: this.cubeLock, log });
    this.keys = new KeyChanges({ vault: this, locked, rekeyed: () => this.reencryption.start() });
    this.tpm = new TpmAnswers(locked);
    this.handover = new HandingOver({
      ...{ locked, log, reader: this.#reader, mounting: this.#mounting, lock: this.cubeLock },
      ...{ turns: this.#turns, reencryption: this.reencryption },
      ...{ current: () => this.current(), unlocked: () => this.unlocked(), standing: this.standing },
      open: (handed) => this.#openWith({ slot: 'handed', ...handed }, null),
      sealed: () => {
        this.standing.lapse();
        this.#state = { kind: 'sealed' };
      },
    });
    this.tasks = new Tasks(this, this.#mounting);
    const kept = { vault: this, admins: this.#admins, withdraw: invalidate };
    this.rules = new KeptRules(kept);
    this.namespaces = new KeptNamespaces({ ...kept, keys: this.keys });
    this.imports = new Importing({
      ...{ vault: this, locked, store: this.store, lock: this.cubeLock },
      ...{ note: (event) => this.note(event), requireThawed: () => this.freezing.requireOff() },
      invalidate: (what) => this.#mounting.invalidate(what),
    });
  }

  /** Whose it is, and what goes with what is given up. */
  #collectingParts(): CollectingParts {
    return {
      ...{ vault: this, owner: process.getuid?.() ?? 0, lock: this.cubeLock },
      invalidate: (what) => this.#mounting.invalidate(what),
    };
  }

  get vaultPath(): string {
    return this.#locked.path;
  }
  get vaultFd(): number {
    return this.#locked.fd;
  }
  get uuid(): Buffer {
    return this.#locked.uuid;
  }
  get publicKey(): Buffer {
    return headerPublicKey(this.#locked.header);
  }

  /** True when this machine knew the vault and its public key before it was opened. */
  get remembered(): boolean {
    return this.#locked.pinned !== null;
  }
  get stateName(): State['kind'] {
    return this.#state.kind;
  }

  get frozen(): boolean {
    return this.freezing.on;
  }

  current(): Session | null {
    return this.#state.kind === 'unlocked' ? this.#state.session : null;
  }

  /**
   * The session; a sealed vault is opened with the TPM first, once for all who wait.
   * @throws SherinError LOCKED, PIN_NEEDED, KEY_MEMORY, TPM_*, ROLLBACK, COUNTER_LOST, MANIFEST_BROKEN…
   */
  async unlocked(): Promise<Session> {
    if (this.#state.kind === 'unlocked') return this.#state.session;
    if (this.#state.kind === 'locked') throw new SherinError('LOCKED');
    this.#refusal.throwFresh();
    this.#opening ??= this.#turns
      .run(() => this.#open({ slot: 'tpm', pin: null }, null))
      .finally(() => {
        this.#opening = null;
      });
    return this.#opening;
  }

  async settled(): Promise<Session> {
    const session = await this.unlocked();
    await session.writing.seal().catch(() => undefined);
    return session;
  }

  /** Before a secret is read that is to open it. @throws SherinError KEY_MEMORY, which is recorded */
  async requireKeyMemory(peer: Caller): Promise<void> {
    try {
      requireKeyMemory();
    } catch (error) {
      await this.#openFailed(error, peer);
      throw error;
    }
  }

  /** Opens the vault on request. @throws as {@link unlocked}, RECOVERY_KEY_WRONG */
  async unlock(how: Opening, peer: Caller | null): Promise<void> {
    await this.#turns.run(() => this.#open(how, peer));
  }

  /** Why content is refused now, or null. */
  async refusal(): Promise<SherinError | null> {
    if (this.#state.kind === 'unlocked') return null;
    // An attempt to open that failed says more than that the vault is locked.
    if (this.#refusal.error !== null) return this.#refusal.error;
    try {
      await this.unlocked();
      return null;
    } catch (error) {
      if (error instanceof SherinError) return error;
      throw error;
    }
  }

  /** Wipes keys and plaintext; answers when the kernel has dropped its pages. @throws SherinError UNSEALED: it is locked all the same */
  async lock(peer: Caller | null, reason: 'request' | 'idle' | 'sleep' = 'request'): Promise<void> {
    await this.#turns.run(async () => {
      const session = this.current();
      this.#refusal.forget();
      if (session === null) {
        this.#become({ kind: 'locked' });
        return;
      }
      session.records.note({ event: 'AUDIT_LOCK', id: null, actor: actorOf(peer), meta: { reason } }, true);
      const unsealed = await keepWritten(session, this.#mounting, actorOf(peer), this.#log);
      this.#become({ kind: 'locked' });
      await this.#end.end(session);
      if (unsealed !== null) throw unsealedError(unsealed, 'locked');
    });
  }

  /** Unmounts, commits, wipes keys, gives the vault back. @throws SherinError UNSEALED: all of that is done; IO: it is still mounted */
  async stop(peer: Peer | null): Promise<{ lazy: boolean }> {
    this.idleLock.stop();
    this.#sleepWatch?.stop();
    const unmounted = [this.#mounting.mounted, ...this.#mounting.past].flatMap((mount) => mount?.path ?? []);
    const result = { lazy: false };
    for (const path of unmounted) if ((await this.mounts.unmount(peer, path)).lazy) result.lazy = true;
    const unsealed = await this.#turns.run(async () => {
      const session = this.current();
      session?.records.note({ event: 'AUDIT_STOP', id: null, actor: actorOf(peer), meta: {} }, true);
      const left = session && (await keepWritten(session, this.#mounting, actorOf(peer), this.#log));
      this.#become({ kind: 'locked' });
      if (session !== null) await this.#end.end(session);
      return left;
    });
    await this.reencryption.stop();
    await this.#locked.close();
    if (unsealed !== null) throw unsealedError(unsealed, 'stopped');
    return result;
  }

  status(): Promise<Status> {
    return statusOf({
      locked: this.#locked,
      session: this.current(),
      state: this.#state.kind,
      refused: this.#refusal.error,
      mounted: this.#mounting.mounted,
      past: this.#mounting.past,
      reader: this.#reader,
      wholeCube: this.#options.wholeCube,
      measures: this.#measures,
      rekey: this.reencryption.state,
      ...{ frozen: this.frozen, idleLock: this.idleLock, sleepWatch: this.#sleepWatch },
    });
  }

  #become(state: Exclude<State, { kind: 'sealed' }>): void {
    this.standing.lapse();
    const { kind } = this.#state;
    this.#state = state;
    if (kind !== state.kind) this.events.tell({ kind: 'lock', state: state.kind });
  }

  /** Nothing changes during the step. */
  #undisturbed(step: (open: boolean) => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      const session = this.current();
      if (session !== null) return session.undisturbed(() => step(true));
      await this.#end.ended;
      return step(false);
    });
  }

  async #open(how: Opening, peer: Caller | null): Promise<Session> {
    if (this.#state.kind === 'unlocked') {
      // Nothing is left to open, but a wrong secret must not look right.
      await checkSecret(how, this.#locked).catch((error: unknown) => this.#refuse(error, peer));
      return this.#state.session;
    }
    if (this.#state.kind === 'locked' && peer === null) throw new SherinError('LOCKED');
    await this.#end.requireEnded();
    try {
      const session = await this.#openWith(how, peer);
      // Another tree than the one the kernel may remember.
      if (how.slot === 'recovery' && how.acceptRollback)
        await this.#mounting.invalidate({ inodes: [], names: [{ parent: topInode, name: filesName }] });
      return session;
    } catch (error) {
      await this.#openFailed(error, peer);
      throw error;
    }
  }

  async #openWith(how: Opening, peer: Caller | null): Promise<Session> {
    const session = await openSession(how, {
      ...{ locked: this.#locked, reader: this.#reader, store: this.store, lock: this.cubeLock },
      ...{ admins: this.#admins, bots: this.folders, log: this.#log, pending: this.#pending },
      ...{ events: this.events, measures: this.#measures, listener: this.#mounting, standing: this.standing },
      ...{ invalidate: () => this.#invalidateSoon(), firstInode: this.#end.firstInode, actor: actorOf(peer) },
    });
    await this.freezing.opened(session);
    this.#mounting.continueIn(session.changes);
    this.#become({ kind: 'unlocked', session });
    this.#refusal.forget();
    this.reencryption.start();
    return session;
  }

  async #openFailed(error: unknown, peer: Caller | null): Promise<void> {
    if (!(error instanceof SherinError))
      return this.#log.error({ err: error }, 'unlocking failed unexpectedly');
    this.#refusal.note(error);
    // Nothing is written to what a later program has written.
    if (error.code === 'PIN_NEEDED' || error.code === 'FORMAT_NEWER') return;
    await this.#pending.append(refusedUnlock(error, peer)).catch(() => undefined);
  }

  /** Records that a secret was refused while the vault is open. */
  async #refuse(error: unknown, peer: Caller | null): Promise<never> {
    if (error instanceof SherinError) await this.note(refusedUnlock(error, peer));
    throw error;
  }

  /** From the way of a READ nothing may wait for the kernel: the answer goes first. */
  #invalidateSoon(): void {
    this.standing.lapse();
    setImmediate(() => {
      this.#mounting
        .invalidate('all')
        .catch((error: unknown) => this.#log.error({ err: error }, 'invalidation failed'));
    });
  }

  /** Records what happened, in the log or, while locked, among the pending records; never fails what it records. */
  async note(event: AuditEvent): Promise<void> {
    const session = this.current();
    if (session !== null) session.records.note(event, true);
    else await this.#pending.append(event).catch(() => undefined);
  }
}
