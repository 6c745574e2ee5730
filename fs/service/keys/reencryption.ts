/** After a rekey: what is stored under earlier master keys is encrypted anew in the background, then their epochs end (FORMAT.md, "Key epochs"). */
import { SherinError } from '../../../common/errors.js';
import { formatCount } from '../../../common/format-count.js';
import { asCubeId, type CubeId, cubeIdToBytes } from '../../../common/ids.js';
import type { Logger } from '../../../common/log.js';
import { reencryptCube } from '../../../native/index.js';
import { sideBySide } from '../../cube/check.js';
import type { CubeLock } from '../../cube/cube-lock.js';
import { epochOfFile } from '../../cube/cube-source.js';
import type { CubeFailure } from '../../cube/faults.js';
import { findNeeded } from '../../cube/needed.js';
import { cubePath, quarantinePath, type StagedCube } from '../../cube/store.js';
import { firstPage } from '../../manifest/first-page.js';
import { retireFormer } from '../../vault/former-counters.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { endFormerEpochs, formerEpochs } from '../../vault/rekey.js';
import { systemActor } from '../actor.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { keyWork } from './key-changes.js';

export interface ReencryptionParts {
  readonly vault: Pick<VaultView, 'current'>;
  readonly locked: LockedVault;
  readonly lock: CubeLock;
  readonly log: Logger;
}

export interface ReencryptionState {
  /** Of the present master key. */
  readonly epoch: number;
  /** Epochs that have not ended. */
  readonly former: readonly number[];
  /** Stored cubes that were looked at in this round, of how many, and how many were encrypted anew in this run. */
  readonly checked: number;
  readonly total: number;
  readonly done: number;
  /** Why the round before did not end them. */
  readonly waiting: string | null;
}

/** Cubes that get their names together. */
const batchCubes = 32;
/** Between two rounds, where one did not come to its end; longer and longer while a TPM answers with an error. */
const againMs = 60_000;
const longestMs = 3_600_000;
/** Seconds that a round waits for imports, backups and checks: who comes behind it waits as long. */
const patience = 2;

export class Reencryption {
  readonly #parts: ReencryptionParts;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #progress = { checked: 0, total: 0, done: 0 };
  #waiting: string | null = null;
  #delayMs = againMs;

  constructor(parts: ReencryptionParts) {
    this.#parts = parts;
  }

  /** Null where no epoch but the present one counts. */
  get state(): ReencryptionState | null {
    const { header } = this.#parts.locked;
    const former = formerEpochs(header);
    if (former.length === 0) return null;
    return { epoch: header.epoch, former, ...this.#progress, waiting: this.#waiting };
  }

  /** Begins a round, where there is something to do and none is under way. */
  start(): void {
    const session = this.#parts.vault.current();
    if (this.#running !== null || this.#stopped || session === null || this.state === null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running = this.#round(session).finally(() => {
      this.#running = null;
      if (this.state !== null && !this.#stopped)
        this.#timer = setTimeout(() => this.start(), this.#delayMs).unref();
    });
  }

  /** Resolves when the round under way is over. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** No further step is begun; resolves when the last one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  /** After {@link stop}: rounds are begun again. */
  resume(): void {
    this.#stopped = false;
    this.start();
  }

  async #round(session: Session): Promise<void> {
    try {
      this.#waiting = await this.#try(session);
    } catch (error) {
      if (this.#over(session)) return;
      this.#waiting = error instanceof SherinError ? error.message : 'it failed';
      this.#parts.log.warn({ err: error }, 'encrypting under the new master key goes on later');
    }
  }

  /** @returns why epochs stay; null: they have ended */
  async #try(session: Session): Promise<string | null> {
    const { epoch } = session.keyring;
    const refused = await this.#retire(session);
    // Who had begun to encrypt before the master key changed has ended then.
    (await this.#withoutOthers(session))();
    const { heals } = session;
    const failed = await this.#sweep(session);
    if (failed > 0) return `${formatCount(failed, 'cube')} can not be read`;
    await session.logCopy.renew();
    if ((await session.writing.durability.renewJournal()) > 0)
      return 'the journal has what can not be sealed';
    // The header that ends them has the counters no more.
    if (refused !== null) return `slots of an earlier master key can not be retired: ${refused}`;
    const release = await this.#withoutOthers(session);
    try {
      return await session.alone(() => this.#end(session, epoch, heals));
    } finally {
      release();
    }
  }

  /** @returns why a TPM that is there does not retire slots now: what is stored is encrypted anew all the same. @throws SherinError NO_SPACE, IO */
  async #retire(session: Session): Promise<string | null> {
    try {
      await session.alone(() => retireFormer(keyWork(session, this.#parts.locked)));
    } catch (error) {
      if (!(error instanceof SherinError) || !error.code.startsWith('TPM_')) throw error;
      this.#delayMs = Math.min(2 * this.#delayMs, longestMs);
      return error.message;
    }
    this.#delayMs = againMs;
    return null;
  }

  async #withoutOthers(session: Session): Promise<() => void> {
    await session.writing.durable(null).catch(() => undefined);
    return this.#parts.lock.exclusive(patience);
  }

  /** @returns how many cubes of former epochs stay */
  async #sweep(session: Session): Promise<number> {
    this.#progress = { ...this.#progress, checked: 0, total: session.manifest.cubeCount() };
    let failed = 0;
    let batch: CubeId[] = [];
    const flush = async (): Promise<void> => {
      failed += await this.#batch(session, batch);
      batch = [];
    };
    for await (const name of session.store.stored()) {
      const id = asCubeId(name);
      if (id !== undefined) batch.push(id);
      if (batch.length >= batchCubes) await flush();
    }
    await flush();
    return failed;
  }

  async #batch(session: Session, ids: readonly CubeId[]): Promise<number> {
    const { locked, lock } = this.#parts;
    const failures: (readonly [CubeId, CubeFailure])[] = [];
    const staged: StagedCube[] = [];
    let named = false;
    const release = await lock.shared();
    try {
      await sideBySide(ids, async (id) => {
        this.#requireOpen(session);
        const result = await reencryptCube(locked.fd, cubeIdToBytes(id), locked.uuid, session.keyring);
        if (!result.ok) failures.push([id, result]);
        else if (result.temporary !== null) staged.push({ id, temporary: result.temporary });
        this.#count(1, 0);
        return true;
      });
      if (staged.length > 0) {
        this.#requireOpen(session);
        await session.store.commit(staged);
        named = true;
        this.#count(0, staged.length);
        for (const { id } of staged) session.reader.drop(cubeIdToBytes(id));
      }
    } finally {
      if (!named) for (const { temporary } of staged) session.store.discard(temporary);
      release();
    }
    let stay = 0;
    for (const [id, failure] of failures) if (await this.#stays(session, id, failure)) stay += 1;
    return stay;
  }

  /** A cube that does not verify goes the way of every one that is read: to quarantine, where a second look says the same. */
  async #stays(session: Session, id: CubeId, failure: CubeFailure): Promise<boolean> {
    if (failure.fault === 'missing') return false;
    const cube = session.catalog.find(id) ?? findNeeded(session.manifest, id);
    // Nothing needs it: gc removes it.
    if (cube === undefined) return false;
    try {
      await session.faults.handle(cube, failure);
      return true;
    } catch (error) {
      if (!(error instanceof SherinError) || error.code === 'LOCKED') throw error;
      return true;
    }
  }

  /** Between two commits, while nobody relies on cubes without a record. */
  async #end(session: Session, epoch: number, heals: number): Promise<string | null> {
    const { locked } = this.#parts;
    const { keyring, manifest } = session;
    this.#requireOpen(session);
    if (keyring.epoch !== epoch) return 'the master key was changed once more';
    // What came back from quarantine or a backup meanwhile can be of an earlier one.
    if (session.heals !== heals) return 'cubes were brought back meanwhile';
    const kept = await this.#quarantined(session);
    if (kept > 0)
      return `${formatCount(kept, 'cube')} in quarantine under an earlier master key: restore or purge what is there`;
    const former = formerEpochs(locked.header);
    const path = locked.directory.inside('manifest.db');
    manifest.checkpoint();
    const [old, fresh] = [keyring.manifestKey(firstPage(path)), keyring.manifestKey()];
    if (!old.equals(fresh)) await manifest.changeKey(old, fresh);
    const { done } = this.#progress;
    await endFormerEpochs(keyWork(session, locked));
    const meta = { epoch, former: [former as number[]], cubes: done };
    await session.records.record({ event: 'AUDIT_KEY_EPOCH_ENDED', id: null, actor: systemActor, meta });
    return null;
  }

  async #quarantined({ keyring, manifest }: Session): Promise<number> {
    const former = keyring.formerEpochs();
    const { fd } = this.#parts.locked;
    let count = 0;
    for (const { cube } of manifest.tree.quarantine()) {
      // One that is being restored is back in its place before that is recorded.
      const paths = [quarantinePath(cube), cubePath(cube)];
      const epochs = await Promise.all(paths.map((path) => epochOfFile(fd, path, cube)));
      if (epochs.some((epoch) => epoch !== null && former.includes(epoch))) count += 1;
    }
    return count;
  }

  #count(checked: number, done: number): void {
    const { total, ...before } = this.#progress;
    const next = before.checked + checked;
    this.#progress = { checked: next, done: before.done + done, total: Math.max(total, next) };
  }

  #over(session: Session): boolean {
    return this.#stopped || this.#parts.vault.current() !== session;
  }

  #requireOpen(session: Session): void {
    if (this.#over(session)) throw new SherinError('LOCKED');
  }
}
