import { SherinError } from '../../../common/errors.js';
import { type CubeId, cubeIdFromBytes, cubeIdToBytes } from '../../../common/ids.js';
import { Turns } from '../../../common/turns.js';
import type { CubeReader, CubeRef, Keyring } from '../../../native/index.js';
import type { AnchoringState } from '../../audit/anchoring.js';
import { CubeCatalog } from '../../cube/catalog.js';
import type { ObjectContent } from '../../cube/content.js';
import { FaultHandler } from '../../cube/faults.js';
import type { CubeStore } from '../../cube/store.js';
import type { LogCopy } from '../../log-copy/log-copy.js';
import { encodeSlots } from '../../manifest/index-node.js';
import type { Manifest, TreeHead } from '../../manifest/manifest.js';
import type { Mutation } from '../../manifest/records.js';
import type { ObjectInfo, Tree } from '../../manifest/tree.js';
import type { Caller, OpenFile, PreparedFile } from '../../mount/source.js';
import type { Journal } from '../../writing/journal/journal.js';
import { recover } from '../../writing/recovery.js';
import type { Transaction } from '../../writing/sealing.js';
import type { Stored } from '../../writing/stored.js';
import { Writing } from '../../writing/writing.js';
import { NamespacesInForce, type Opened } from '../namespaces/in-force.js';
import { OpenGate } from '../namespaces/open-gate.js';
import { TpmAtOpen } from '../namespaces/tpm-at-open.js';
import { AccessRules } from '../rules/access-rules.js';
import { GivenUpContent } from './given-up.js';
import { LiveFile } from './live-file.js';
import { LogChecks } from './log-checks.js';
import { nameJournal } from './name-journal.js';
import { OpenObjects } from './open-objects.js';
import { onlyCube, openedContent } from './opened-content.js';
import { PastTrees } from './past-trees.js';
import { PresentChanges } from './present-changes.js';
import { Records } from './records.js';
import { RefusedCubes } from './refused-cubes.js';
import { releaseMemory } from './release-memory.js';
import { Rights } from './rights.js';
import type { RollbackGuard } from './rollback-guard.js';
import { SessionFaults } from './session-faults.js';
import type { SessionParts } from './session-parts.js';

/** Records since the last snapshot that are worth a new one. */
const longTail = 5_000;

/** What exists only while the vault is unlocked: keys, verified tree, audit log, and the way to content. */
export class Session {
  readonly keyring: Keyring;
  readonly owned: boolean;
  readonly manifest: Manifest;
  readonly records: Records;
  readonly rules: AccessRules;
  readonly rights: Rights;
  readonly namespaces: NamespacesInForce;
  readonly gate: OpenGate;
  readonly catalog: CubeCatalog;
  readonly faults: FaultHandler;
  readonly reader: CubeReader;
  readonly store: CubeStore;
  readonly journal: Journal;
  readonly logCopy: LogCopy;
  readonly checks: LogChecks;
  readonly refused: RefusedCubes;
  readonly guard: RollbackGuard;
  readonly writing: Writing;
  readonly changes: PresentChanges;
  readonly past: PastTrees;
  readonly #parts: SessionParts;
  readonly #verified = new Map<number, bigint>();
  readonly #givenUp = new GivenUpContent();
  readonly #sink: SessionFaults;
  readonly #open = new OpenObjects();
  #closed = false;
  #heals = 0;
  readonly #turns = new Turns();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.keyring = parts.keyring;
    this.owned = parts.owned;
    this.guard = parts.guard;
    this.manifest = parts.manifest;
    this.records = new Records(parts.audit, parts.invalidate);
    const { standing } = parts;
    this.namespaces = new NamespacesInForce(standing);
    const seen = { records: this.records, tree: () => this.tree, standing };
    this.rules = new AccessRules({ ...seen, bots: parts.bots });
    this.rights = new Rights({ ...seen, admins: parts.admins, rules: this.rules });
    this.gate = new OpenGate(this.records, new TpmAtOpen(parts.askTpm));
    this.reader = parts.reader;
    this.store = parts.store;
    this.journal = parts.journal;
    this.logCopy = parts.logCopy;
    this.checks = new LogChecks({ ...parts, closed: () => this.#closed });
    this.refused = new RefusedCubes(parts.manifest.tree);
    this.catalog = new CubeCatalog(parts.manifest);
    this.past = new PastTrees(parts.manifest, this.#givenUp);
    const { manifest, catalog, reader, records, refused } = this;
    this.#sink = new SessionFaults({
      ...{ manifest, catalog, reader, records, refused, givenUp: this.#givenUp },
      commit: (mutations) => this.alone((commit) => commit(mutations)),
      sealing: () => this.writing.isSealing,
      ...{ invalidate: parts.invalidate, events: parts.events },
    });
    this.faults = new FaultHandler(reader, parts.store, this.#sink);
    for (const { cube } of manifest.tree.quarantine()) reader.refuse(cubeIdToBytes(cube));
    this.writing = new Writing({
      ...{ manifest, refused, store: this.store, encode: parts.encode, owned: parts.owned },
      ...{ journal: parts.journal, lock: parts.lock, available: parts.available },
      healed: (cubes) => this.healed(cubes),
      open: (stored) => this.#content(stored),
      ...{ drop: (id) => this.reader.drop(cubeIdToBytes(id)), changing: () => standing.lapse() },
      beforeCommit: () => parts.guard.beforeWrite(),
      commit: (count, ...made) => this.#commitNow(count, ...made),
      inTurn: (step) => this.#turns.run(step),
      nameJournal: (sealing) => nameJournal(parts, (step) => (sealing ? step() : this.#turns.run(step))),
    });
    this.writing.listener = parts.listener;
    const facts = { node: (id: Buffer) => manifest.node(id), refused, owned: parts.owned };
    this.changes = new PresentChanges(this.writing, facts, this.rules);
  }

  /** Makes once more what the journal has kept through a crash. @returns how much. @throws SherinError JOURNAL_BROKEN */
  recover(): Promise<number> {
    const { manifest, writing, journal } = this;
    const reserveInode = (ino: number): void => manifest.reserveInode(ino);
    return recover({ journal, writing, from: manifest.head.journal, reserveInode });
  }

  /** Changes with whatever programs read, open or change. */
  get useMark(): string {
    const { servedBytes, hits } = this.reader.stats();
    return [servedBytes, hits, this.records.opened, this.writing.working.next, this.changes.written].join();
  }

  /** What becomes of heads of the audit log that are to be kept elsewhere; null: they are not. */
  get anchors(): AnchoringState | null {
    return this.#parts.anchoring?.state ?? null;
  }

  /** The tree as programs see it. */
  get tree(): Tree {
    return this.writing.tree;
  }

  isQuarantined(id: CubeId): boolean {
    return this.refused.has(id);
  }

  /** Time (ns) of the last full check of an object in this run. */
  verifiedAt(object: number): bigint | undefined {
    return this.#verified.get(object);
  }

  noteVerified(object: number, time: bigint): void {
    this.#verified.set(object, time);
  }

  /** As {@link openContent}; what is being written to is read as it is at each read. */
  async openFile(
    ino: number,
    object: ObjectInfo | null,
    caller: Caller,
    tree: Tree,
    again = false,
  ): Promise<OpenFile> {
    const content = await this.openContent({ ino, object, again }, caller, tree);
    if (tree !== this.tree) return content;
    const present = tree.inode(ino)?.object ?? 0;
    const changed = !again && present !== (object?.no ?? 0);
    if (!changed && !this.#isLive(ino)) return content;
    content.close();
    // While the TPM was asked.
    if (changed) return this.openFile(ino, tree.object(present) ?? null, caller, tree, true);
    const { kept } = content;
    return new LiveFile(this.writing, ino, kept, (stored) => this.#content(stored, kept));
  }

  /**
   * Opens a file's content, at one version, for a caller; tags are decided and the open recorded here. Access rules are asked before, by who begins it.
   * @throws SherinError DENIED, AUDIT_UNWRITABLE, IS_DIRECTORY, VERSION_COLLECTED
   */
  async openContent(
    found: Opened & { readonly again?: boolean },
    caller: Caller,
    tree: Tree = this.tree,
  ): Promise<ObjectContent> {
    const { ino, object, again = false } = found;
    if (ino !== null && tree.inode(ino)?.kind === 'directory')
      throw new SherinError('IS_DIRECTORY', { path: 'it' });
    const id = object?.id ?? null;
    await this.rights.requireTags(ino === null ? [] : [ino], id, caller, tree);
    this.#givenUp.requireVersion(ino, object, tree);
    const settings = this.namespaces.ofContent(found, this.#trees(tree));
    // What has no content yet gives none away.
    const holds = object !== null || (ino !== null && (tree.inode(ino)?.size ?? 0) > 0);
    if (holds) await this.gate.pass(settings, id, caller, again);
    return this.#content(object ?? { length: 0, node: encodeSlots([]) }, settings.unseal === 'session');
  }

  /** A file of one cube whose opens need no decision; null for any other, and while opens have to wait for their records. */
  prepare(ino: number, tree: Tree = this.tree): PreparedFile | null {
    // Of a mount of the past, each open is decided: it hears nothing of a change of the present that concerns what it shows.
    if (tree !== this.tree || this.#isLive(ino)) return null;
    const object = this.records.writable ? tree.object(tree.objectOfFile(ino) ?? 0) : undefined;
    if (object === undefined || this.#givenUp.hasVersion(ino, object, tree)) return null;
    const cube = onlyCube(object, (id) => this.manifest.node(id));
    if (cube === null || this.rights.tags(ino, tree).some((policy) => policy !== 'user')) return null;
    if (this.rules.guard(null)?.refuses('read', { ino })) return null;
    const { opens, unseal } = this.namespaces.ofContent({ ino, object }, this.#trees(tree));
    if (unseal === 'per-open' || opens === 'all') return null;
    const note = (caller: Caller) => this.records.noteOpen(object.id, caller, opens);
    return { reader: this.reader, cube, note, content: () => this.#content(object) };
  }

  /** Content of one cube, for administrators. */
  async openCube(cube: CubeRef, caller: Caller): Promise<ObjectContent> {
    const id = cubeIdFromBytes(cube.id);
    if (!this.#parts.admins.has(caller)) {
      await this.records.denied('open-cube', id, caller);
      throw new SherinError('DENIED', { uid: caller.uid ?? -1, what: `read cube ${id}` });
    }
    const settings = this.namespaces.all;
    await this.gate.pass(settings, id, caller);
    const node = encodeSlots([{ kind: 'cube', cube }]);
    return this.#content({ length: cube.length, node }, settings.unseal === 'session');
  }

  /** Writes a snapshot of a tree that has grown by much: memory then holds it in its compact form, and opening is quick. */
  compact(): void {
    const run = this.#turns.run(async () => {
      if (this.#closed || this.manifest.tail < longTail) return;
      this.manifest.snapshot();
      releaseMemory();
    });
    // Without space for a snapshot the tree stays as it is.
    run.catch(() => undefined);
  }

  /** Runs `work` between two commits: nothing is committed meanwhile. @throws SherinError LOCKED; what `work` throws */
  undisturbed<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      if (this.#closed) throw new SherinError('LOCKED');
      return work();
    });
  }

  /**
   * Commits mutations as one transaction behind all that programs have changed.
   * @param make as that of CommitGate.pass. @throws SherinError LOCKED, NO_SPACE, IO, TPM_*; what `make` throws
   */
  commit(make: () => readonly Mutation[]): Promise<TreeHead> {
    return this.writing.holding(() => this.commitHeld(make));
  }

  /** As {@link commit}, with content that the mutations refer to, for who holds the cubes that it relies on. */
  async commitHeld(
    make: () => readonly Mutation[],
    nodes: readonly Buffer[] = [],
    cubes: readonly CubeRef[] = [],
  ): Promise<TreeHead> {
    if (this.#closed) throw new SherinError('LOCKED');
    return this.writing.commitBehind(make, (mutations) => this.#commitNow(0, mutations, nodes, cubes));
  }

  /**
   * Runs a step between two commits, which has the commits that it makes itself: of what has nothing to do with what programs
   * change. Who removes cubes in it has the exclusive hold before it asks for this turn. @throws SherinError LOCKED, TPM_*; as the step
   */
  alone<T>(step: (commit: (made: readonly Mutation[]) => Promise<TreeHead>) => Promise<T>): Promise<T> {
    return this.undisturbed(async () => {
      await this.#parts.guard.beforeWrite();
      return step((made) => this.#commitNow(0, made, [], []));
    });
  }

  /** Objects that somebody reads, or holds without a name. */
  inUse(): ReadonlySet<number> {
    const unnamed = Array.from(this.writing.working.orphans(), ({ object }) => object);
    return new Set([...this.#open.numbers, ...unnamed]);
  }

  /** What somebody reads, as it lay in cubes when it was opened. */
  beingRead(): Iterable<Stored> {
    return this.#open.contents();
  }

  /** Cubes are about to go on purpose: a reader who comes too late is told that. */
  removed(ids: readonly CubeId[]): void {
    this.#givenUp.noteRemoved(ids);
    for (const id of ids) this.reader.drop(cubeIdToBytes(id));
  }

  /** How many copies of cubes have got their places anew that were not encrypted for that. */
  get heals(): number {
    return this.#heals;
  }

  /** Cubes whose good copy is in place again. */
  async healed(ids: readonly CubeId[]): Promise<void> {
    this.#heals += ids.length;
    await this.#sink.healed(ids);
    if (ids.length > 0) this.writing.retry();
  }

  /**
   * Waits for commits under way, closes the log, signs the last head over all of it, closes the database; all is closed
   * even where it rejects. Keys are wiped by the caller. @throws SherinError NO_SPACE, TPM_*: the rollback counter was not raised
   */
  async close(): Promise<void> {
    const sealed = await this.writing.durable(null).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    this.#closed = true;
    try {
      this.writing.close();
    } finally {
      await this.#closeLogs();
    }
    if (sealed !== null) throw sealed.error;
  }

  async #closeLogs(): Promise<void> {
    this.past.close();
    await this.writing.joining.ended();
    await this.#turns.ended();
    try {
      await this.records.close();
      // After the log: a head that names all of it, under a new count, so that its end can not be cut off unseen.
      await this.#parts.guard.settle(this.records.head().size !== this.manifest.head.auditSize);
    } finally {
      // The next session of the vault may not find it at work.
      await this.#parts.guard.ended();
      await this.logCopy.close();
      this.manifest.close();
    }
  }

  /** Those in which what is in one may have names. */
  #trees(tree: Tree): readonly Tree[] {
    return tree === this.tree ? [tree] : [this.tree, tree];
  }

  /** Somebody writes to it, or it has content that is in no version. */
  #isLive(ino: number): boolean {
    const { contents } = this.writing;
    return contents.writers(ino) > 0 || contents.get(ino) !== undefined;
  }

  async #commitNow(changes: number, ...[mutations, nodes, cubes]: Transaction): Promise<TreeHead> {
    const { snapshotSize } = this.manifest.head;
    const journal = this.writing.working.numberAfter(changes);
    this.#parts.standing.lapse();
    const head = this.manifest.commit(mutations, nodes, cubes, journal);
    this.writing.committed(changes, journal, cubes);
    this.#givenUp.noteStored(cubes);
    this.past.noteCommit(mutations);
    if (head.snapshotSize !== snapshotSize) releaseMemory();
    await this.#parts.guard.committed(head);
    this.logCopy.note();
    return head;
  }

  #content(object: Stored & { readonly no?: number }, kept = true): ObjectContent {
    const { reader, faults, refused } = this;
    const node = (id: Buffer) => {
      if (this.#closed) throw new SherinError('LOCKED');
      return this.manifest.node(id);
    };
    return openedContent({ reader, faults, refused, node }, this.#open, object, kept);
  }
}
