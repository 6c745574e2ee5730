/** The tree as programs see it: the committed one with every change that was made since. */
import { nowNanoseconds } from '../../common/time.js';
import { apply } from '../manifest/apply.js';
import { nameKey } from '../manifest/entry-name.js';
import type { Manifest } from '../manifest/manifest.js';
import { Overlay } from '../manifest/overlay.js';
import type { Mutation } from '../manifest/records.js';
import { ReverseAbove } from '../manifest/reverse-index.js';
import type { Inode, Tree, TreeSides } from '../manifest/tree.js';
import type { Change, VersionChange } from './change.js';
import { PresentTree, type UnsealedOf } from './present-tree.js';
import { Trial, unnamedBy } from './trial.js';

export interface WorkingTreeOptions {
  readonly unsealed: UnsealedOf;
  /** Told before a change: whatever says that there is none has to be taken back. */
  readonly changing: () => void;
}

export class WorkingTree {
  readonly tree: Tree;
  readonly #manifest: Manifest;
  readonly #changing: () => void;
  /** Being committed. */
  #inFlight: readonly Change[] = [];
  #pending: Change[] = [];
  /** Where in `#pending` the attributes of an inode stand, while a later change may take their place. */
  readonly #attributesAt = new Map<number, number>();
  /** Inodes without a name that programs still hold. */
  readonly #orphans = new Map<number, Inode>();
  /** How many versions of a file the manifest does not have; without those that have none. */
  readonly #uncommittedVersions = new Map<number, number>();
  #overlay: Overlay;
  #reverse: ReverseAbove;
  #next: number;

  constructor(manifest: Manifest, { unsealed, changing }: WorkingTreeOptions) {
    this.#manifest = manifest;
    this.#changing = changing;
    const { state, reverse } = manifest.present;
    this.#overlay = new Overlay(state);
    this.#reverse = new ReverseAbove(reverse, this.#overlay);
    this.#next = manifest.head.journal;
    this.tree = new PresentTree(() => this.#view(), manifest, unsealed, this.#orphans);
  }

  /** Changes that are not under way to the manifest. */
  get pending(): readonly Change[] {
    return this.#pending;
  }

  /** Number of the first change that the manifest does not have once it has `count` more of those that were taken. */
  numberAfter(count: number): number {
    const [first] = this.uncommitted();
    const last = this.#inFlight[count - 1];
    return last === undefined ? (first?.number ?? this.#next) : last.number + 1;
  }

  /** Number of the next change. */
  get next(): number {
    return this.#next;
  }

  /** All that the manifest does not have, in order. */
  *uncommitted(): Iterable<Change> {
    yield* this.#inFlight;
    yield* this.#pending;
  }

  /** Puts of a file that the manifest has. */
  committedVersions(ino: number): number {
    return this.#manifest.present.state.inode(ino)?.version ?? 0;
  }

  /** Versions of a file, those that the manifest does not have included. */
  versionsOf(ino: number): number {
    return this.committedVersions(ino) + (this.#uncommittedVersions.get(ino) ?? 0);
  }

  /** The manifest has an inode. */
  isCommitted(ino: number): boolean {
    return this.#manifest.present.state.inode(ino) !== undefined;
  }

  /** The journal has what was changed so far: it is not replaced by what comes later. */
  journaled(): void {
    this.#attributesAt.clear();
  }

  /** A number that no inode ever had. */
  newInode(): number {
    return this.#manifest.newInode();
  }

  /**
   * Makes a change of the tree. An inode that loses its last name by it is kept until {@link forget}.
   * @throws SherinError as apply of the manifest; nothing has changed then
   */
  change(mutation: Mutation): void {
    this.#changing();
    const lost = this.#mayLose(mutation);
    this.#apply(mutation);
    if (lost !== undefined && this.#view().state.inode(lost.ino) === undefined) {
      this.orphan(lost);
    }
    this.#push(mutation, lost?.ino ?? 0);
  }

  /** The content of a file, as it is frozen, becomes a version. */
  version(change: Omit<VersionChange, 'type' | 'number'>): void {
    this.#changing();
    this.#pending.push({ type: 'version', number: this.#next++, ...change });
    this.#countVersions(change.inode, 1);
    this.#attributesAt.delete(change.inode);
  }

  /** Whether an inode has a name, or is the root. */
  isNamed(ino: number): boolean {
    return this.#view().state.inode(ino) !== undefined;
  }

  isOrphan(ino: number): boolean {
    return this.#orphans.has(ino);
  }

  /** Inodes without a name that programs still hold. */
  orphans(): Iterable<Inode> {
    return this.#orphans.values();
  }

  /** A commit from elsewhere has taken the last name of an inode that programs hold. @param inode as it was before */
  orphan(inode: Inode): void {
    this.#orphans.set(inode.ino, { ...inode, nlink: 0 });
  }

  /** Attributes of an inode without a name are in memory alone. */
  changeOrphan(inode: Inode): void {
    this.#orphans.set(inode.ino, inode);
  }

  /** No program holds it any more. @returns whether it was without a name, and so is gone */
  forget(ino: number): boolean {
    return this.#orphans.delete(ino);
  }

  /** Takes the pending changes to be committed. */
  take(): readonly Change[] {
    this.#inFlight = this.#pending;
    this.#pending = [];
    this.#attributesAt.clear();
    return this.#inFlight;
  }

  /** The first `count` of what was taken, and whatever else was committed, is in the manifest. */
  committed(count: number): void {
    for (const change of this.#inFlight.slice(0, count))
      if (change.type === 'version') this.#countVersions(change.inode, -1);
    this.#inFlight = this.#inFlight.slice(count);
    this.#rebase();
  }

  /** What was taken could not be committed. */
  putBack(): void {
    this.#pending = [...this.#inFlight, ...this.#pending];
    this.#inFlight = [];
    this.#attributesAt.clear();
  }

  /** Mutations from elsewhere on the committed tree. @throws SherinError when they do not fit it */
  tryOut(mutations: readonly Mutation[]): Trial {
    return new Trial(this.#manifest.present.state, mutations);
  }

  #view(): TreeSides {
    if (this.#overlay.base !== this.#manifest.present.state) this.#rebase();
    return { state: this.#overlay, reverse: this.#reverse };
  }

  /** Puts what is not committed on the state that is. */
  #rebase(): void {
    const { state, reverse } = this.#manifest.present;
    this.#overlay = new Overlay(state);
    this.#reverse = new ReverseAbove(reverse, this.#overlay);
    for (const change of [...this.#inFlight, ...this.#pending]) {
      if (change.type === 'mutation') this.#apply(change.mutation);
    }
  }

  #apply(mutation: Mutation): void {
    if (this.#overlay.base !== this.#manifest.present.state) this.#rebase();
    // Its index and time are those of the record, once there is one.
    apply(this.#overlay, mutation, { index: -1, time: nowNanoseconds(), mayCreate: () => true });
    this.#noteNames(mutation);
  }

  #noteNames(mutation: Mutation): void {
    if (mutation.type === 'link') {
      this.#reverse.note(mutation.inode, { parent: mutation.parent, name: nameKey(mutation.name) });
    } else if (mutation.type === 'rename') {
      const from = { parent: mutation.parent, name: nameKey(mutation.name) };
      const to = { parent: mutation.newParent, name: nameKey(mutation.newName) };
      for (const link of [from, to]) {
        const entry = this.#overlay.entry(link.parent, link.name);
        if (entry !== undefined) this.#reverse.note(entry.ino, link);
      }
    }
  }

  /** The inode whose name a mutation takes away. */
  #mayLose(mutation: Mutation): Inode | undefined {
    const unnamed = unnamedBy(this.#view().state, mutation);
    return unnamed === 0 ? undefined : this.tree.inode(unnamed);
  }

  #countVersions(ino: number, more: number): void {
    const count = (this.#uncommittedVersions.get(ino) ?? 0) + more;
    if (count > 0) this.#uncommittedVersions.set(ino, count);
    else this.#uncommittedVersions.delete(ino);
  }

  #push(mutation: Mutation, unnamed: number): void {
    const known = mutation.type === 'attributes' ? this.#attributesAt.get(mutation.inode) : undefined;
    const replaced = known === undefined ? undefined : this.#pending[known];
    if (known !== undefined && replaced !== undefined) {
      this.#pending[known] = { type: 'mutation', number: replaced.number, mutation, unnamed };
      return;
    }
    const at = this.#pending.push({ type: 'mutation', number: this.#next++, mutation, unnamed }) - 1;
    if (mutation.type === 'attributes') this.#attributesAt.set(mutation.inode, at);
  }
}
