/** Where commits from elsewhere (imports, removals, restores) come in between what programs change. */
import { SherinError } from '../../common/errors.js';
import type { Mutation } from '../manifest/records.js';
import type { Inode } from '../manifest/tree.js';
import type { Contents } from './contents.js';
import type { Trial } from './trial.js';
import type { Versions } from './versions.js';
import type { WorkingTree } from './working-tree.js';

/** How often what comes in between is sealed before a commit. */
const mostTries = 16;

export interface CommitGateParts {
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly versions: Versions;
  /** Seals what is pending and waits for what a transaction needs. @throws SherinError */
  readonly seal: () => Promise<void>;
  /** Has what is written elsewhere come here. */
  readonly recall: () => void;
  /** Has what is prepared for files wait for a new decision where they are about to lie elsewhere. */
  readonly moving: (mutations: readonly Mutation[]) => void;
  /** Whether a program may still reach an inode that has lost its name. */
  readonly holds: (ino: number) => boolean;
}

/** Files that nobody writes to for now. */
interface Shut {
  readonly inodes: ReadonlySet<number>;
  readonly opened: Promise<void>;
}

export class CommitGate {
  readonly #parts: CommitGateParts;
  #shut: Shut | null = null;

  constructor(parts: CommitGateParts) {
    this.#parts = parts;
  }

  /** Whether nobody writes to a file for now. */
  isShut(ino: number): boolean {
    return this.#shut?.inodes.has(ino) === true;
  }

  /** Waits until a file may be written to. */
  async passage(ino: number): Promise<void> {
    while (this.#shut?.inodes.has(ino) === true) await this.#shut.opened;
  }

  /**
   * Commits mutations behind all that programs have changed before, one at a time. What they change meanwhile stands on top of them,
   * unless it concerns the same files: that comes first. Inodes that lose their last name stay with the programs that hold them.
   * @param make makes them of the committed tree, which then stands until the transaction: whole attributes are none of before
   * @param commit makes the transaction before it returns
   * @throws SherinError when the mutations do not fit the tree
   */
  async pass<T>(
    make: () => readonly Mutation[],
    commit: (mutations: readonly Mutation[]) => Promise<T>,
  ): Promise<T> {
    const { working, seal } = this.#parts;
    let open = (): void => undefined;
    try {
      for (let tries = 1; ; tries++) {
        await seal();
        // Nothing comes between this and the transaction.
        const mutations = make();
        const trial = working.tryOut(mutations);
        const misfit = this.#misfit(trial, tries);
        if (misfit === null) {
          this.#parts.moving(mutations);
          return this.#commit(trial, () => commit(mutations));
        }
        if (tries === mostTries) throw busy(misfit);
        // The bulk is sealed while programs write on, what they wrote meanwhile while they wait.
        if (tries > 1) {
          open();
          open = this.#shutFor(new Set([...trial.put, ...trial.removed]));
        }
      }
    } finally {
      open();
    }
  }

  /** What was written to files that get another version, or go, becomes a version before that. @returns why the changes of programs can not stand on top */
  #misfit(trial: Trial, tries: number): SherinError | null {
    const { contents, versions, working } = this.#parts;
    for (const ino of [...trial.put, ...trial.removed]) {
      // What could be no version when that was tried will be none now.
      if (tries === 1 || contents.get(ino)?.stuck == null) versions.make(ino);
    }
    // What does not fit by itself is no matter of those who write.
    if (working.pending.length > 0) trial.require();
    try {
      trial.requireFit(working.pending);
      return null;
    } catch (error) {
      if (error instanceof SherinError) return error;
      throw error;
    }
  }

  #commit<T>({ put, removed }: Trial, commit: () => Promise<T>): Promise<T> {
    const { contents, working } = this.#parts;
    const before = [...removed].flatMap((ino) => working.tree.inode(ino) ?? []);
    const stuck = [...put].filter((ino) => contents.get(ino)?.stuck != null);
    const versions = new Map(stuck.map((ino) => [ino, working.committedVersions(ino)]));
    const done = commit();
    for (const inode of before) if (!working.isCommitted(inode.ino)) this.#lose(inode);
    // Of a file that stood on what can not be read nothing stands above its new content.
    for (const [ino, count] of versions) if (working.committedVersions(ino) > count) contents.discard(ino);
    return done;
  }

  /** As with unlink(2): who has it open goes on with it, and it ends with the last of them. */
  #lose(inode: Inode): void {
    const { contents, holds, working } = this.#parts;
    if (contents.writers(inode.ino) > 0 || holds(inode.ino)) working.orphan(inode);
    else contents.discard(inode.ino);
  }

  #shutFor(inodes: ReadonlySet<number>): () => void {
    this.#parts.recall();
    let open = (): void => undefined;
    const opened = new Promise<void>((done) => {
      open = () => {
        this.#shut = null;
        done();
      };
    });
    this.#shut = { inodes, opened };
    return open;
  }
}

function busy(cause: SherinError): SherinError {
  const part = 'programs change the same files all the time';
  return new SherinError('IO', { what: 'a commit beside them', part }, { cause });
}
