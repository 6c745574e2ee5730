/** What programs change at the mount: kept in memory, sealed into cubes and records in the background, durable when asked for. */
import type { CubeId } from '../../common/ids.js';
import type { EncodeOptions } from '../../native/index.js';
import type { ObjectContent } from '../cube/content.js';
import type { CubeLock } from '../cube/cube-lock.js';
import type { CubeStore } from '../cube/store.js';
import type { Manifest } from '../manifest/manifest.js';
import { type Mutation, rootInode } from '../manifest/records.js';
import type { Tree } from '../manifest/tree.js';
import { Clock } from './clock.js';
import { Contents, type UnsealedFile } from './contents.js';
import { CubeHold } from './cube-hold.js';
import type { Journal } from './journal/journal.js';
import { Journaling } from './journaling.js';
import { nobody, type WritingListener } from './listener.js';
import { sealFault } from './seal-fault.js';
import { Sealing, type Transaction } from './sealing.js';
import { Spilling } from './spilling.js';
import type { Stored } from './stored.js';
import { Versions } from './versions.js';
import { VertexPool } from './vertex-pool.js';
import { WorkingTree } from './working-tree.js';

/** After a change it is sealed within this time. */
const sealAfterMs = 5_000;
/** Bytes of the journal from which everything is sealed, so that it can begin anew. */
const mostJournalBytes = 64 * 1024 * 1024;

/** How often content that goes on being written to is sealed before another version of it. */
const mostTries = 16;

export interface WritingParts {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly encode: EncodeOptions;
  /** Cube and object IDs depend on the owner's uid. */
  readonly owned: boolean;
  readonly refused: { has(cube: CubeId): boolean };
  readonly healed: (cubes: readonly CubeId[]) => Promise<void>;
  readonly journal: Journal;
  /** Held while something relies on cubes that no record refers to. */
  readonly lock: CubeLock;
  /** Content that is in cubes. */
  readonly open: (stored: Stored) => ObjectContent;
  /** Waits for what a transaction needs. @throws SherinError TPM_*, IO */
  readonly beforeCommit: () => Promise<void>;
  /** One transaction of the manifest with the first `count` changes taken, made before the call returns. @throws SherinError; nothing was committed then */
  readonly commit: (count: number, ...made: Transaction) => Promise<unknown>;
  /** Runs a step when no other changes the manifest. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
}

export class Writing {
  readonly tree: Tree;
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly versions: Versions;
  readonly clock = new Clock();
  readonly #parts: WritingParts;
  readonly #pool = new VertexPool();
  readonly #sealing: Sealing;
  readonly #spilling: Spilling;
  readonly #journaling: Journaling;
  readonly #hold: CubeHold;
  #timer: NodeJS.Timeout | null = null;
  /** That wait for the manifest's turn or have it. */
  #seals = 0;
  #relieving = false;
  /** Why the last attempt to seal failed, until one succeeds. */
  #failed: unknown = null;
  /** Whether the listener was told that there is something late. */
  #late = false;
  listener: WritingListener = nobody;

  constructor(parts: WritingParts) {
    this.#parts = parts;
    const { manifest, store, encode, owned, refused, healed, open, commit } = parts;
    this.contents = new Contents({
      pool: this.#pool,
      clock: this.clock,
      stored: (ino) => this.#stored(ino),
      open,
    });
    this.working = new WorkingTree(manifest, { unsealed: (ino) => this.contents.facts(ino) });
    this.tree = this.working.tree;
    const { working, contents } = this;
    this.versions = new Versions(working, contents, this.clock);
    this.#hold = new CubeHold(parts.lock, () => [...contents.all()].some((file) => this.#isHeld(file)));
    this.#sealing = new Sealing({
      ...{ manifest, store, working, contents, encode, owned, refused, healed },
      commit: async (...made) => {
        await parts.beforeCommit();
        await commit(...made);
      },
      settled: (inodes) => this.listener.settled(inodes),
      keep: (inodes) => this.#keepStuck(inodes),
    });
    this.#spilling = new Spilling({
      ...{ pool: this.#pool, contents, store, encode, refused, buffers: this.#sealing.buffers },
      heal: (cubes) => parts.inTurn(() => this.#heal(cubes)),
      owner: (ino) => (owned ? (this.tree.inode(ino)?.uid ?? 0) : 0),
      node: (id) => manifest.node(id),
      seal: () => this.#sealVersions(),
      holding: (step) => this.#hold.during(step),
    });
    const { journal } = parts;
    this.#journaling = new Journaling({
      journal,
      working,
      contents,
      store: (file) => this.#spilling.storeAll(file),
    });
  }

  /** Bytes in memory that are in no cube. */
  get dirtyBytes(): number {
    return this.#pool.bytes;
  }

  /** What is pending is being sealed in the manifest's turn, or waits for that. */
  get sealing(): boolean {
    return this.#seals > 0;
  }

  /** Makes changes of the tree. @throws SherinError when one does not fit */
  change(mutations: readonly Mutation[]): void {
    for (const mutation of mutations) this.working.change(mutation);
    this.#soon();
  }

  /** Waits while too much is in memory. @throws SherinError NO_SPACE, IO */
  room(): Promise<void> {
    return this.#spilling.room();
  }

  /** A file was written to. */
  written(file: UnsealedFile): void {
    this.contents.touch(file);
    if (this.contents.writers(file.ino) === 0) this.version(file.ino);
    this.#soon();
  }

  /** What was written to a file becomes a version, at this place in the order of changes. */
  version(ino: number): void {
    this.versions.make(ino);
    this.#soon();
  }

  /** Whether a file has content, or a place in the order of changes, that the manifest has not. */
  isUnsealed(ino: number): boolean {
    return this.contents.get(ino) !== undefined || this.working.pending.length > 0;
  }

  /** A program opens a file to write. */
  opened(ino: number): void {
    this.contents.opened(ino);
  }

  /** It has closed it; the last one makes a version. */
  closed(ino: number): void {
    if (this.contents.closed(ino)) this.version(ino);
  }

  /** Nobody holds an inode any more. */
  forget(ino: number): void {
    if (this.working.forget(ino)) this.contents.discard(ino);
  }

  /**
   * Everything that was changed before, and what was written to a file, is on disk when it resolves: in the journal, or sealed.
   * @throws SherinError NO_SPACE, IO, LOCKED
   */
  async sync(ino: number): Promise<void> {
    if (this.#journaling.usable) {
      try {
        await this.#journaling.sync(ino);
        this.#relieve();
        return;
      } catch {
        // Sealing says what is wrong, or works all the same.
      }
    }
    await this.durable(null);
    if (this.#allSealed) this.#journaling.begin();
    this.#throwStuck(ino);
  }

  /** As {@link sync}, of every file. @throws SherinError NO_SPACE, IO, LOCKED */
  async syncAll(): Promise<void> {
    const files = [...this.versions.due()];
    // One append for all of them; without any, for what was changed of names.
    await Promise.all(files.length === 0 ? [this.sync(rootInode)] : files.map(({ ino }) => this.sync(ino)));
  }

  /** Nothing was written that is not sealed, and nobody may write. */
  get idle(): boolean {
    return this.#allSealed && !this.contents.written;
  }

  /** Seals everything; where that fails, the journal keeps it. @throws SherinError NO_SPACE, IO */
  async keep(): Promise<void> {
    try {
      await this.durable(null);
      if (this.#allSealed) return;
    } catch (error) {
      if (!this.#journaling.usable) throw error;
    }
    await this.syncAll();
  }

  /** Makes a version of everything. @returns how many. @throws SherinError NO_SPACE, IO, LOCKED */
  async snapshot(): Promise<number> {
    this.versions.makeAll();
    const versions = [...this.working.uncommitted()].filter(({ type }) => type === 'version').length;
    await this.seal();
    return versions;
  }

  /** Everything that was changed before is in cubes and manifest when it resolves. @throws SherinError NO_SPACE, IO, LOCKED… */
  seal(): Promise<void> {
    return this.#hold.during(() => this.#inTurn(() => this.#seal()));
  }

  /** Runs a step that commits something and seals what is pending before it, for which it needs the cubes to stay. */
  holding<T>(step: () => Promise<T>): Promise<T> {
    return this.#hold.during(step);
  }

  /** As {@link seal}, with the present content of a file, or of all, as a version. */
  async durable(ino: number | null): Promise<void> {
    if (ino !== null) this.version(ino);
    else this.versions.makeAll();
    await this.seal();
    if (ino !== null) this.#throwStuck(ino);
  }

  /** What could not be read may be readable again: tries once more to make versions that stand on it. */
  retry(): void {
    this.versions.makeStuck();
    if (this.working.pending.length > 0) this.#soon();
  }

  /** Commits other changes behind all that was changed before, in the manifest's turn. @throws SherinError when they do not fit beside the rest */
  sealed<T>(mutations: readonly Mutation[], commit: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#seal();
      await this.#parts.beforeCommit();
      // What the journal has of content stands above the version before it: none may come in between.
      for (let tries = 0; tries < mostTries && this.#versionsFor(mutations); tries++) {
        await this.#seal();
        await this.#parts.beforeCommit();
      }
      // What came in between stands on top of them, and nothing comes between this and the transaction.
      this.working.requireFit(mutations);
      return commit();
    });
  }

  /** What programs have in cubes, and in no version that the manifest has, files without a name included. */
  *inCubes(): Iterable<Stored> {
    for (const { content } of this.contents.all()) yield* content.inCubes();
    for (const change of this.working.uncommitted())
      if (change.type === 'version') yield* change.frozen.inCubes();
  }

  /** What late writing met, for who asks for durability or closes. @throws SherinError */
  throwLate(ino: number): void {
    this.#throwStuck(ino);
    if (this.#failed !== null && this.contents.get(ino) !== undefined) throw sealFault(this.#failed);
  }

  /** Changes before this one are in the manifest. */
  committed(changes: number, next: number): void {
    this.working.committed(changes);
    this.#journaling.committed(next);
  }

  /** The journal is read: what is in it must stay until {@link recovered}. */
  recovering(): void {
    this.#journaling.suspend();
  }

  /** Everything of the journal is in memory again: seals it, and has the journal begin anew. */
  async recovered(): Promise<void> {
    // Who held what has lost its name is gone.
    for (const { ino } of [...this.working.orphans()]) this.forget(ino);
    const all = this.working.next;
    this.versions.makeAll();
    this.#journaling.resume(all, this.working.next);
    await this.seal().catch(() => undefined);
    if (this.#allSealed) this.#journaling.begin();
  }

  /** Wipes what is in memory; nothing is sealed any more. */
  close(): void {
    this.#parts.journal.close(this.#allSealed);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const change of this.working.take()) if (change.type === 'version') change.frozen.release();
    this.contents.discardAll();
  }

  /** What was written to files that get another version becomes one before that. @returns whether there is any */
  #versionsFor(mutations: readonly Mutation[]): boolean {
    const before = this.working.next;
    for (const mutation of mutations) if (mutation.type === 'put') this.version(mutation.inode);
    return this.working.next !== before;
  }

  /**
   * A file without a name never gets a record, and the journal would not bring it back: as long as a program has it, who removes cubes
   * leaves those that {@link inCubes} tells of.
   */
  #isHeld({ ino, content }: UnsealedFile): boolean {
    if (!content.standsOnCubes) return false;
    const [uncommitted] = this.working.uncommitted();
    return uncommitted !== undefined || !this.working.isOrphan(ino);
  }

  get #allSealed(): boolean {
    const [due] = this.versions.due();
    const [uncommitted] = this.working.uncommitted();
    return due === undefined && uncommitted === undefined;
  }

  /** Seals everything where the journal has grown large, so that it can begin anew. */
  #relieve(): void {
    if (this.#relieving || this.#parts.journal.bytes <= mostJournalBytes) return;
    this.#relieving = true;
    this.durable(null)
      .catch(() => undefined)
      .finally(() => {
        this.#relieving = false;
      });
  }

  async #seal(): Promise<void> {
    try {
      await this.#sealing.run();
      this.#fails(null);
    } catch (error) {
      this.#fails(error);
      throw error;
    }
  }

  /** Runs a step that seals when nothing else changes the manifest. */
  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    this.#seals += 1;
    try {
      return await this.#parts.inTurn(step);
    } finally {
      this.#seals -= 1;
    }
  }

  /** Cubes that are in no version yet have good copies. */
  async #heal(cubes: readonly CubeId[]): Promise<void> {
    const heals = cubes.map((cube): Mutation => ({ type: 'heal', cube }));
    await this.#parts.beforeCommit();
    await this.#parts.commit(0, heals, [], []);
    await this.#parts.healed(cubes);
  }

  #fails(error: unknown): void {
    const late = error !== null || [...this.contents.all()].some(({ stuck }) => stuck !== null);
    if (late || this.#late) this.listener.late(late);
    this.#late = late;
    this.#failed = error;
  }

  /** The journal has what files have beyond versions that could not be made, as what comes after those. */
  async #keepStuck(inodes: readonly number[]): Promise<void> {
    if (!this.#journaling.usable) return;
    const sync = (): Promise<unknown> => Promise.all(inodes.map((ino) => this.#journaling.sync(ino)));
    // First of what is frozen, which has the same vertices.
    await sync();
    for (const ino of inodes) this.contents.again(ino);
    await sync();
  }

  #throwStuck(ino: number): void {
    const stuck = this.contents.get(ino)?.stuck;
    if (stuck != null) throw stuck;
  }

  /** Seals if versions are pending, or waits for those that are being sealed. */
  async #sealVersions(): Promise<boolean> {
    if (![...this.working.uncommitted()].some(({ type }) => type === 'version')) return false;
    await this.seal();
    return true;
  }

  #soon(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#background();
    }, sealAfterMs);
    this.#timer.unref();
  }

  async #background(): Promise<void> {
    this.versions.makeOld(Date.now());
    // Where it fails it is tried again; who asks for durability hears of it.
    await this.seal().catch(() => undefined);
    if (!this.#allSealed) this.#soon();
  }

  /** The last version of a file that is in the manifest. */
  #stored(ino: number): Stored | null {
    const object = this.tree.object(this.tree.inode(ino)?.object ?? 0);
    return object === undefined ? null : { length: object.length, node: object.node };
  }
}
