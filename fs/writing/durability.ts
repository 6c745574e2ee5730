/** What programs are told is on disk: in the journal, or sealed. */
import type { SherinError } from '../../common/errors.js';
import type { WhenDone } from '../../native/index.js';
import { rootInode } from '../manifest/records.js';
import type { Background } from './background.js';
import type { Contents } from './contents.js';
import type { Joining } from './joining.js';
import type { Journaling } from './journaling.js';
import type { LateErrors } from './late-errors.js';
import { sealFault } from './seal-fault.js';
import type { Versions } from './versions.js';
import type { WorkingTree } from './working-tree.js';

export interface DurabilityParts {
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly versions: Versions;
  readonly journaling: Journaling;
  readonly late: LateErrors;
  readonly background: Background;
  readonly joining: Joining;
  /** @throws SherinError LOCKED */
  readonly requireOpen: () => void;
  /** Seals what is pending. @throws SherinError */
  readonly seal: () => Promise<void>;
  /** A durable head names the journal when it resolves. */
  readonly nameJournal: (sealing: boolean) => Promise<void>;
  /** Told that a file was made durable by the journal. */
  readonly synced: (ino: number) => void;
}

export class Durability {
  readonly #parts: DurabilityParts;
  #sealingAll = false;

  constructor(parts: DurabilityParts) {
    this.#parts = parts;
  }

  /** Nothing was changed that is not sealed. */
  get allSealed(): boolean {
    const [due] = this.#parts.versions.due();
    const [uncommitted] = this.#parts.working.uncommitted();
    return due === undefined && uncommitted === undefined;
  }

  /** Everything is in cubes and manifest when it resolves, as versions. @throws SherinError NO_SPACE, IO, LOCKED… */
  sealAll(): Promise<void> {
    this.#parts.versions.makeAll();
    return this.#parts.seal();
  }

  /**
   * Everything that was changed before, and what was written to a file, is on disk when it resolves: in the journal, or sealed.
   * @param whenDone told so without delay, where the journal has it
   * @throws SherinError NO_SPACE, IO, LOCKED
   */
  async sync(ino: number, whenDone?: WhenDone): Promise<void> {
    const { journaling, late, nameJournal, requireOpen } = this.#parts;
    requireOpen();
    if (journaling.usable) {
      try {
        await nameJournal(false);
        await journaling.sync(ino, whenDone);
        late.journal(null);
        this.#parts.synced(ino);
        this.#sealWhenLarge();
        return;
      } catch (error) {
        // Sealing says what is wrong, or works all the same.
        if (!journaling.usable) late.journal(error);
      }
    }
    await this.sealAll();
    if (this.allSealed) journaling.begin();
    late.throwStuck(ino);
  }

  /** As {@link sync}, of every file. @throws SherinError NO_SPACE, IO, LOCKED */
  async syncAll(): Promise<void> {
    const files = [...this.#parts.versions.due()];
    // One append for all of them; without any, for what was changed of names.
    await Promise.all(files.length === 0 ? [this.sync(rootInode)] : files.map(({ ino }) => this.sync(ino)));
  }

  /**
   * Seals everything; where that fails, the journal keeps it.
   * @returns why it does; null: all is sealed but what can not be read. @throws SherinError NO_SPACE, IO: it does not keep everything
   */
  async keep(): Promise<SherinError | null> {
    let failed: SherinError | null = null;
    try {
      await this.sealAll();
      if (this.allSealed) return null;
    } catch (error) {
      failed = sealFault(error);
      if (!this.#parts.journaling.usable) throw failed;
    }
    await this.syncAll();
    return failed;
  }

  /** The journal has what files have beyond versions that could not be made, as what comes after those. In the manifest's turn. */
  async keepStuck(inodes: readonly number[]): Promise<void> {
    const { contents, journaling, nameJournal } = this.#parts;
    if (!journaling.usable) return;
    const sync = (): Promise<unknown> => Promise.all(inodes.map((ino) => journaling.sync(ino)));
    await nameJournal(true);
    // First of what is frozen, which has the same vertices.
    await sync();
    for (const ino of inodes) contents.again(ino);
    await sync();
  }

  /** No byte that was appended by now stays in the journal. @returns segments that stay, with what can not be sealed */
  shredJournal(): Promise<number> {
    return this.#beginAnew(true);
  }

  /** As {@link shredJournal}, but for what was refused and is kept: the journal goes on under the present key. */
  renewJournal(): Promise<number> {
    return this.#beginAnew(false);
  }

  async #beginAnew(kept: boolean): Promise<number> {
    const { journaling } = this.#parts;
    const until = await journaling.turnOver();
    // What can not be sealed stays there, and is told of.
    await this.sealAll().catch(() => undefined);
    return journaling.shred(until, kept);
  }

  /** The journal is read: what is in it must stay until {@link recovered}. */
  recovering(): void {
    // What is in it is made once more in its order, without versions of the time that this takes.
    this.#parts.background.pause();
    this.#parts.journaling.suspend();
  }

  /** Everything of the journal is in memory again: seals it, and has the journal begin anew. */
  async recovered(): Promise<void> {
    const { background, journaling, joining, seal, versions, working } = this.#parts;
    background.resume();
    const all = working.next;
    versions.makeAll();
    journaling.resume(all, working.next);
    await seal().catch(() => undefined);
    if (this.allSealed) journaling.begin();
    else background.soon();
    joining.start();
  }

  /** The journal can begin anew once everything is sealed. */
  #sealWhenLarge(): void {
    if (this.#sealingAll || !this.#parts.journaling.large) return;
    this.#sealingAll = true;
    this.sealAll()
      .catch(() => undefined)
      .finally(() => {
        this.#sealingAll = false;
      });
  }
}
