/** From the working tree to the manifest, batch by batch: cubes first, then one transaction. */
import { SherinError } from '../../common/errors.js';
import { type CubeId, parseNamespace, utcDate } from '../../common/ids.js';
import type { CubeRef, EncodeOptions } from '../../native/index.js';
import { cubesOf } from '../cube/catalog.js';
import { objectTag } from '../cube/object-tag.js';
import type { CubeStore } from '../cube/store.js';
import type { Manifest } from '../manifest/manifest.js';
import { ObjectTreeBuilder } from '../manifest/object-tree.js';
import type { Mutation, Put } from '../manifest/records.js';
import type { Contents, UnsealedFile } from './contents.js';
import type { FrozenContent } from './frozen-content.js';
import { SlotBuffers, sealContent } from './seal-content.js';
import { sealFault } from './seal-fault.js';
import { SealedCubes } from './sealed-cubes.js';
import { isUnreadable } from './unreadable.js';
import type { Change, VersionChange, WorkingTree } from './working-tree.js';

/** Files that are encrypted side by side. */
const filesInFlight = 32;
const noBytes = Buffer.alloc(0);
const filesNamespace = parseNamespace('FILES');

export interface SealingParts {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly encode: EncodeOptions;
  /** Cube and object IDs depend on the owner's uid. */
  readonly owned: boolean;
  /** Cubes that are refused now. */
  readonly refused: { has(cube: CubeId): boolean };
  readonly healed: (cubes: readonly CubeId[]) => Promise<void>;
  /** One transaction of the first `count` changes that were taken, which the working tree is told of. @throws SherinError; nothing was committed then */
  readonly commit: (count: number, ...made: Transaction) => Promise<unknown>;
  /** Has the journal keep what files have beyond a version that is committed in the place of one that can not be made. */
  readonly keep: (inodes: readonly number[]) => Promise<void>;
  /** Told of files whose content is a version again, as a whole. */
  readonly settled: (inodes: readonly number[]) => void;
}

/** What goes into the manifest at once. */
export type Transaction = readonly [
  mutations: readonly Mutation[],
  nodes: readonly Buffer[],
  cubes: readonly CubeRef[],
];

/** What a version becomes in the manifest. */
interface Sealed {
  readonly put: Put;
  /** Why that is the version before it once more: the file stands on what can not be read. */
  readonly stuck: SherinError | null;
}

/** What a batch has made so far. */
interface Batch {
  readonly cubes: SealedCubes;
  readonly nodes: Buffer[];
}

export class Sealing {
  readonly #parts: SealingParts;
  readonly #buffers = new SlotBuffers();

  constructor(parts: SealingParts) {
    this.#parts = parts;
  }

  get buffers(): SlotBuffers {
    return this.#buffers;
  }

  /**
   * Commits what is pending; one call at a time. What fails stays pending.
   * @throws SherinError NO_SPACE, IO, LOCKED, TPM_*; those of content that can not be read
   */
  async run(): Promise<void> {
    const { working } = this.#parts;
    if (working.pending.length === 0) return;
    const changes = working.take();
    const batch: Batch = { cubes: new SealedCubes(this.#parts), nodes: [] };
    try {
      const sealed = await this.#seal(changes, batch);
      await batch.cubes.store();
      const stuck = [...sealed].filter(([, { stuck: error }]) => error !== null);
      if (stuck.length > 0) await this.#parts.keep(stuck.map(([{ inode }]) => inode));
      await this.#commit(changes, sealed, batch);
    } catch (error) {
      batch.cubes.discard();
      working.putBack();
      throw sealFault(error);
    }
  }

  /** In as many transactions as it takes for each version to be seen: what is committed at one time is one state. */
  async #commit(
    changes: readonly Change[],
    sealed: ReadonlyMap<VersionChange, Sealed>,
    batch: Batch,
  ): Promise<void> {
    let healed = [...batch.cubes.healed];
    let [nodes, refs] = [batch.nodes, batch.cubes.refs];
    for (const step of statesOf(changes)) {
      const heals = healed.map((cube): Mutation => ({ type: 'heal', cube }));
      await this.#parts.commit(step.length, [...heals, ...mutationsOf(step, sealed)], nodes, refs);
      this.#settle(step, sealed);
      await this.#parts.healed(healed);
      [healed, nodes, refs] = [[], [], []];
    }
  }

  async #seal(changes: readonly Change[], batch: Batch): Promise<Map<VersionChange, Sealed>> {
    const done = new Map<VersionChange, Sealed>();
    const versions = changes.filter((change) => change.type === 'version');
    for (let at = 0; at < versions.length; at += filesInFlight) {
      const some = versions.slice(at, at + filesInFlight);
      const sealed = await Promise.allSettled(some.map((version) => this.#sealOne(version, batch)));
      for (const [i, result] of sealed.entries()) {
        const version = some[i];
        if (version === undefined) continue;
        if (result.status === 'fulfilled') done.set(version, { put: result.value, stuck: null });
        else if (!isUnreadable(result.reason)) throw result.reason;
        else done.set(version, { put: this.#asBefore(version, done, batch), stuck: result.reason });
      }
    }
    return done;
  }

  /**
   * The version before one that can not be made: no other file waits for what one can not read, and the numbers of versions stay
   * those that the journal has.
   */
  #asBefore(
    { inode, uid, time }: VersionChange,
    done: ReadonlyMap<VersionChange, Sealed>,
    batch: Batch,
  ): Put {
    const { working } = this.#parts;
    const earlier = [...done].filter(([version]) => version.inode === inode).at(-1);
    if (earlier !== undefined) return earlier[1].put;
    const stored = working.tree.object(working.tree.inode(inode)?.object ?? 0);
    const empty = stored === undefined ? new ObjectTreeBuilder().done(0) : null;
    batch.nodes.push(...(empty?.nodes ?? []));
    const made = empty ?? { root: stored?.root ?? noBytes, node: stored?.node ?? noBytes };
    return this.#put({ inode, uid, time, length: stored?.length ?? 0 }, made);
  }

  async #sealOne(version: VersionChange, batch: Batch): Promise<Put> {
    const { manifest } = this.#parts;
    const { frozen, inode, uid, time } = version;
    const encode = { ...this.#parts.encode, owner: this.#ownerOf(uid) };
    const target = {
      encode,
      node: (id: Buffer) => manifest.node(id),
      take: batch.cubes.take.bind(batch.cubes),
    };
    const { root, node, nodes } = await sealContent(frozen, target, this.#buffers);
    batch.nodes.push(...nodes);
    // Those that were stored ahead of their version have no rows yet.
    for (const { slot } of frozen.slots.values()) batch.cubes.refs.push(...cubesOf(slot));
    return this.#put({ inode, uid, time, length: frozen.length }, { root, node });
  }

  #ownerOf(uid: number): number {
    return this.#parts.owned ? uid : 0;
  }

  #put(
    { inode, uid, time, length }: Pick<VersionChange, 'inode' | 'uid' | 'time'> & { readonly length: number },
    { root, node }: { readonly root: Buffer; readonly node: Buffer },
  ): Put {
    const tag = objectTag(this.#parts.encode.keyring, filesNamespace, this.#ownerOf(uid), root, length);
    const date = utcDate(Number(time / 1_000_000n));
    return {
      type: 'put',
      inode,
      id: { namespace: filesNamespace, date, tag },
      length,
      root,
      node,
      lineage: null,
    };
  }

  #settle(changes: readonly Change[], sealed: ReadonlyMap<VersionChange, Sealed>): void {
    const { contents } = this.#parts;
    const versions = changes.filter((change) => change.type === 'version');
    for (const version of versions) {
      const { inode, frozen } = version;
      const made = sealed.get(version);
      const file = contents.get(inode);
      if (made !== undefined && file !== undefined) settleFile(file, frozen, made);
      frozen.release();
    }
    this.#parts.settled(versions.map(({ inode }) => inode).filter((ino) => contents.settle(ino)));
  }
}

/** Cuts changes where a file would get a second version, or one that just got its version would lose a name. */
function* statesOf(changes: readonly Change[]): Iterable<readonly Change[]> {
  let start = 0;
  let versions = new Set<number>();
  for (const [at, change] of changes.entries()) {
    const ino = change.type === 'version' ? change.inode : change.unnamed;
    if (versions.has(ino)) {
      yield changes.slice(start, at);
      start = at;
      versions = new Set();
    }
    if (change.type === 'version') versions.add(ino);
  }
  yield changes.slice(start);
}

function settleFile(file: UnsealedFile, frozen: FrozenContent, { put, stuck }: Sealed): void {
  file.stuck = stuck;
  if (stuck === null) {
    file.content.sealed(frozen, { length: put.length, node: put.node });
    return;
  }
  file.content.thaw(frozen);
  file.since ??= Date.now();
}

function mutationsOf(changes: readonly Change[], sealed: ReadonlyMap<VersionChange, Sealed>): Mutation[] {
  return changes.map((change) => {
    if (change.type === 'mutation') return change.mutation;
    const made = sealed.get(change);
    if (made === undefined) throw new SherinError('USAGE', { what: 'a version was not sealed' });
    return made.put;
  });
}
