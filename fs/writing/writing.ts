/** What programs change at the mount: kept in memory, sealed into cubes and records in the background, durable when asked for. */
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdToBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { idOwner } from '../cube/id-owner.js';
import type { Mutation } from '../manifest/records.js';
import type { Tree } from '../manifest/tree.js';
import { reliesOnCubes } from './ahead-slots.js';
import { Background } from './background.js';
import { Clock } from './clock.js';
import { CommitGate } from './commit-gate.js';
import { Contents, type UnsealedFile } from './contents.js';
import { CubeHold } from './cube-hold.js';
import { Durability } from './durability.js';
import { Joining } from './joining.js';
import { Journaling } from './journaling.js';
import { LateErrors } from './late-errors.js';
import type { WritingListener } from './listener.js';
import { movedBy } from './moved-by.js';
import { Patience } from './patience.js';
import { Relief } from './relief.js';
import { Rewriting } from './rewriting.js';
import { Sealing } from './sealing.js';
import { Spilling } from './spilling.js';
import { type Stored, storedOf } from './stored.js';
import { Versions } from './versions.js';
import { VertexPool } from './vertex-pool.js';
import { WorkingTree } from './working-tree.js';
import type { WritingParts } from './writing-parts.js';

export class Writing {
  readonly tree: Tree;
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly versions: Versions;
  readonly clock = new Clock();
  readonly joining: Joining;
  readonly relief: Relief;
  readonly durability: Durability;
  readonly rewriting: Rewriting;
  readonly #parts: WritingParts;
  readonly #pool = new VertexPool();
  readonly #sealing: Sealing;
  readonly #spilling: Spilling;
  readonly #journaling: Journaling;
  readonly #hold: CubeHold;
  readonly #gate: CommitGate;
  readonly #background = new Background(
    () => this.#sealUnasked(),
    (error) => this.#late.unasked('sealing in the background', error),
  );
  readonly #patience = new Patience();
  /** That wait for the manifest's turn or have it. */
  #seals = 0;
  #closed = false;
  readonly #late: LateErrors;

  constructor(parts: WritingParts) {
    this.#parts = parts;
    const { manifest, store, encode, owned, refused, healed, open, commit } = parts;
    this.contents = new Contents({
      pool: this.#pool,
      clock: this.clock,
      stored: (ino) => storedOf(this.tree, ino),
      open,
    });
    this.#late = new LateErrors(this.contents);
    this.working = new WorkingTree(manifest, {
      unsealed: (ino) => this.contents.facts(ino),
      changing: () => {
        parts.changing();
        this.rewriting.recall();
      },
    });
    this.tree = this.working.tree;
    const { working, contents } = this;
    this.versions = new Versions(working, contents, this.clock);
    this.#hold = new CubeHold(parts.lock, () => reliesOnCubes(contents, working));
    this.relief = new Relief({
      ...{ pool: this.#pool, store, working, contents, hold: this.#hold },
      ...{ available: parts.available, drop: parts.drop, nameJournal: parts.nameJournal },
      recorded: (cube) => manifest.tables.hasCube(cubeIdToBytes(cube)),
      spilling: () => this.#spilling,
      journaling: () => this.#journaling,
      seal: () => this.seal(),
      told: (error) => this.#late.unasked('giving back what nothing needs', error),
    });
    const { ahead, headroom } = this.relief;
    this.#sealing = new Sealing({
      ...{ manifest, store, ahead, working, contents, encode, owned, refused, healed },
      scarce: () => headroom.isScarce(),
      isSlow: () => this.rewriting.active,
      encoding: (step) => this.#hold.encoding(step),
      spare: () => void this.relief.giveBack(),
      commit: async (...made) => {
        await parts.beforeCommit();
        await commit(...made);
      },
      settled: (inodes) => this.#late.listener.settled(inodes),
      keep: (inodes) => this.durability.keepStuck(inodes),
    });
    this.#spilling = new Spilling({
      ...{ pool: this.#pool, contents, store, ahead, encode, refused, buffers: this.#sealing.buffers },
      canWait: () => this.rewriting.active,
      heal: (cubes) => parts.inTurn(() => this.#heal(cubes)),
      owner: (ino) => idOwner(owned, this.tree.inode(ino)?.uid),
      node: (id) => manifest.node(id),
      seal: () => this.#sealVersions(),
      holding: (step) => this.#hold.during(() => this.#hold.encoding(step)),
    });
    this.#gate = new CommitGate({
      ...{ working, contents, versions: this.versions },
      seal: async () => {
        await this.#seal();
        await parts.beforeCommit();
      },
      moving: (mutations) => {
        for (const mutation of mutations) this.#moving(mutation);
      },
      holds: (ino) => this.#late.listener.holds(ino),
      recall: () => this.rewriting.recall(),
    });
    this.joining = new Joining({
      ...{ manifest, store, contents, encode, owned, refused, healed, open },
      buffers: this.#sealing.buffers,
      ...{ beforeCommit: parts.beforeCommit, inTurn: parts.inTurn, busy: () => this.isSealing },
      holding: (step) => this.#hold.during(() => this.#hold.encoding(step)),
      commit: (...made) => commit(0, ...made),
    });
    const { journal } = parts;
    this.#journaling = new Journaling({
      journal,
      working,
      contents,
      store: (file) => this.#spilling.storeAll(file),
      placed: () => store.commit([]),
    });
    const synced = (): void => this.#patience.synced(performance.now());
    this.rewriting = new Rewriting({
      ...{ keyring: encode.keyring, journal, journaling: this.#journaling, working, contents, synced },
      ...{ pool: this.#pool, clock: this.clock, headroom, gate: this.#gate },
      changed: (ino) => this.#changed(ino),
      relieve: () => this.#spilling.relieve(),
    });
    this.durability = new Durability({
      ...{ working, contents, versions: this.versions, journaling: this.#journaling, late: this.#late },
      ...{ background: this.#background, joining: this.joining, nameJournal: parts.nameJournal },
      requireOpen: () => this.requireOpen(),
      seal: () => this.seal(),
      synced: (ino) => {
        synced();
        this.rewriting.synced(ino);
      },
    });
  }

  /** Told what becomes of what programs wrote. */
  get listener(): WritingListener {
    return this.#late.listener;
  }
  set listener(listener: WritingListener) {
    this.#late.listener = listener;
  }

  /** Bytes in memory that are in no cube. */
  get dirtyBytes(): number {
    return this.#pool.bytes;
  }

  /** What is pending is being sealed in the manifest's turn, or waits for that. */
  get isSealing(): boolean {
    return this.#seals > 0;
  }

  /** Makes changes of the tree. @throws SherinError LOCKED, and when one does not fit */
  change(mutations: readonly Mutation[]): void {
    this.requireOpen();
    this.#late.listener.changing(this.tree, mutations);
    for (const mutation of mutations) {
      this.#moving(mutation);
      this.working.change(mutation);
    }
    this.#background.soon();
  }

  /** Waits while too much is in memory, and while a file must not be written to. @throws SherinError NO_SPACE, IO, LOCKED */
  async room(ino: number): Promise<void> {
    await this.#spilling.room();
    await this.#gate.passage(ino);
    this.requireOpen();
  }

  /** Whoever waited may come when nothing is kept any more. @throws SherinError LOCKED */
  requireOpen(): void {
    if (this.#closed) throw new SherinError('LOCKED');
  }

  /** A file was written to. */
  written(file: UnsealedFile): void {
    this.contents.touch(file);
    if (this.contents.writers(file.ino) === 0) this.version(file.ino);
    this.#changed(file.ino);
  }

  /** What was written to a file becomes a version, at this place in the order of changes. */
  version(ino: number): void {
    this.versions.make(ino);
    this.#background.soon();
  }

  /** Whether a file has content, or a place in the order of changes, that the manifest has not. */
  mayLackVersion(ino: number): boolean {
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

  /** A kernel holds an inode no more, which another mount may have in use. */
  released(ino: number): void {
    if (!this.#late.listener.holds(ino)) this.forget(ino);
  }

  /** Nobody holds an inode any more. */
  forget(ino: number): void {
    if (this.working.forget(ino)) this.contents.discard(ino);
  }

  /** Lets go of those of some inodes that have no name, whoever holds them. @returns what their content had in cubes */
  letGo(inodes: Iterable<number>): Stored[] {
    const left: Stored[] = [];
    for (const ino of inodes) {
      if (!this.working.isOrphan(ino)) continue;
      left.push(...(this.contents.get(ino)?.content.inCubes() ?? []));
      this.forget(ino);
    }
    return left;
  }

  /** Stores what is in memory of files without a name in cubes. @throws SherinError, NativeError */
  async storeOrphans(): Promise<void> {
    for (const file of [...this.contents.all()])
      if (this.working.isOrphan(file.ino)) await this.#spilling.storeAll(file);
  }

  /** Nothing was written that is not sealed, and nobody may write; or nothing is sealed any more. */
  get idle(): boolean {
    return this.#closed || (this.durability.allSealed && !this.contents.written);
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
    if (ino === null) return this.durability.sealAll();
    this.version(ino);
    await this.seal();
    this.#late.throwStuck(ino);
  }

  /** What could not be read may be readable again: tries once more to make versions that stand on it. */
  retry(): void {
    this.versions.makeStuck();
    if (this.working.pending.length > 0) this.#background.soon();
  }

  /** Commits other changes behind all that was changed before, in the manifest's turn, as {@link CommitGate.pass}. */
  commitBehind<T>(...step: Parameters<typeof CommitGate.prototype.pass<T>>): Promise<T> {
    return this.#inTurn(() => this.#gate.pass(...step));
  }

  /** What programs have in cubes, and in no version that the manifest has, files without a name included. */
  *inCubes(): Iterable<Stored> {
    for (const { content } of this.contents.all()) yield* content.inCubes();
    for (const change of this.working.uncommitted())
      if (change.type === 'version') yield* change.frozen.inCubes();
  }

  /** What late writing met, for who asks for durability or closes. @throws SherinError */
  throwLate(ino: number): void {
    this.#late.throwFor(ino);
  }

  /** Changes before this one are in the manifest. */
  committed(changes: number, next: number, cubes: readonly CubeRef[]): void {
    this.working.committed(changes);
    this.relief.ahead.committed(cubes);
    this.#journaling.committed(next);
  }

  /** Wipes what is in memory; nothing is sealed any more. */
  close(): void {
    this.#closed = true;
    this.#background.pause();
    this.joining.stop();
    this.rewriting.recall();
    const { allSealed } = this.durability;
    try {
      this.#release();
      this.contents.discardAll();
    } finally {
      this.#parts.journal.close(allSealed);
    }
  }

  #changed(ino: number): void {
    this.#late.listener.written(ino);
    this.#background.soon();
  }

  #moving(mutation: Mutation): void {
    this.#late.listener.moving(movedBy(this.tree, mutation));
  }

  async #seal(): Promise<void> {
    this.requireOpen();
    try {
      await this.#sealing.run();
      this.#late.sealing(null);
    } catch (error) {
      if (this.#closed) this.#release();
      this.#late.sealing(error);
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

  /** Wipes versions that are not sealed any more; those under way to the manifest, once they fail. */
  #release(): void {
    for (const change of this.working.pending) if (change.type === 'version') change.frozen.release();
  }

  /** Seals if there are versions to seal, and waits for those under way: what they hold is given back with them. */
  async #sealVersions(): Promise<boolean> {
    this.requireOpen();
    if (![...this.working.uncommitted()].some(({ type }) => type === 'version')) return false;
    await this.seal();
    return true;
  }

  /** @returns whether something is left */
  async #sealUnasked(): Promise<boolean> {
    if (!this.#closed) this.versions.makeOld(Date.now());
    if (
      !this.#closed &&
      this.#journaling.usable &&
      this.#patience.mayWait(performance.now(), this.dirtyBytes)
    ) {
      await this.durability.syncAll();
      return true;
    }
    // Where it fails it is tried again; who asks for durability hears of it.
    await this.seal().catch(() => undefined);
    await this.relief.giveBack();
    return !this.durability.allSealed;
  }
}
