/** From the working tree to the manifest, batch by batch: cubes first, then one transaction. */
import { SherinError } from '../../common/errors.js';
import { type CubeId, utcDate } from '../../common/ids.js';
import type { CubeRef, EncodedCube, EncodeOptions } from '../../native/index.js';
import { cubesOf } from '../cube/catalog.js';
import { idOwner } from '../cube/id-owner.js';
import { objectTag, objectTags } from '../cube/object-tag.js';
import type { CubeStore } from '../cube/store.js';
import { namedPut, type UnnamedPut } from '../cube/unnamed-put.js';
import type { Manifest } from '../manifest/manifest.js';
import { ObjectTreeBuilder } from '../manifest/object-tree.js';
import type { Mutation, Put } from '../manifest/records.js';
import type { AheadCubes } from './ahead-cubes.js';
import type { Change, VersionChange } from './change.js';
import type { Contents, UnsealedFile } from './contents.js';
import type { FrozenContent } from './frozen-content.js';
import { SealBatch } from './seal-batch.js';
import { sealContent } from './seal-content.js';
import { sealFault } from './seal-fault.js';
import { batchesOf, type LeftOut, leftOut, noneLeft, portionsOf, statesOf } from './sealing-order.js';
import { SlotBuffers } from './slot-buffers.js';
import { isUnreadable } from './unreadable.js';
import type { WorkingTree } from './working-tree.js';

/** Files that are encrypted side by side. */
const filesInFlight = 32;
const noBytes = Buffer.alloc(0);

export interface SealingParts {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly ahead: AheadCubes;
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
  /** Runs a step that may rely on cubes which are there. */
  readonly encoding: <T>(step: () => Promise<T>) => Promise<T>;
  /** Whether there is little space: what can be left out is from the beginning. */
  readonly scarce: () => Promise<boolean>;
  /** Gives back what is not needed any more. */
  readonly spare: () => void;
  /** Somebody needs the processors more. */
  readonly isSlow: () => boolean;
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

export class Sealing {
  readonly #parts: SealingParts;
  readonly #buffers: SlotBuffers;

  constructor(parts: SealingParts) {
    this.#parts = parts;
    this.#buffers = new SlotBuffers(parts.isSlow);
  }

  get buffers(): SlotBuffers {
    return this.#buffers;
  }

  /**
   * Commits what is pending; one call at a time. What fails stays pending.
   * @throws SherinError NO_SPACE, IO, LOCKED, TPM_*; those of content that can not be read
   */
  async run(): Promise<void> {
    const { working, scarce } = this.#parts;
    if (working.pending.length === 0) return;
    if (await scarce()) return this.#sparingly();
    try {
      for (const batch of batchesOf(working.take())) await this.#sealAll(batch, noneLeft);
    } catch (error) {
      working.putBack();
      const fault = sealFault(error);
      if (fault.code !== 'NO_SPACE') throw fault;
      await this.#sparingly();
    }
  }

  /** As {@link run}, with what needs least: without versions of files that are gone, and as much at a time as there is space for. */
  async #sparingly(): Promise<void> {
    const { working, spare } = this.#parts;
    const end = working.next;
    for (let most = Number.POSITIVE_INFINITY; (working.pending[0]?.number ?? end) < end; ) {
      spare();
      const changes = working.take();
      const left = leftOut(changes, (ino) => working.isNamed(ino));
      const portions = portionsOf(changes, left);
      const some = portions.slice(0, most);
      try {
        await this.#sealAll(some.flat(), left);
        most *= 2;
      } catch (error) {
        const fault = sealFault(error);
        if (fault.code !== 'NO_SPACE' || some.length <= 1) throw fault;
        most = Math.ceil(some.length / 2);
      } finally {
        working.putBack();
      }
    }
    spare();
  }

  /** The first of what was taken. */
  #sealAll(changes: readonly Change[], left: LeftOut): Promise<void> {
    return this.#parts.encoding(() => this.#sealHeld(changes, left));
  }

  async #sealHeld(changes: readonly Change[], left: LeftOut): Promise<void> {
    const batch = new SealBatch(this.#parts);
    try {
      const sealed = await this.#seal(changes, left, batch);
      await batch.store();
      const stuck = [...sealed].filter(([, { stuck: error }]) => error !== null);
      if (stuck.length > 0) await this.#parts.keep(stuck.map(([{ inode }]) => inode));
      await this.#commit(changes, left, sealed, batch);
    } catch (error) {
      batch.discard();
      throw error;
    }
  }

  async #commit(
    changes: readonly Change[],
    left: LeftOut,
    sealed: ReadonlyMap<VersionChange, Sealed>,
    batch: SealBatch,
  ): Promise<void> {
    let healed = [...batch.healed];
    let { nodes, refs }: Pick<SealBatch, 'nodes' | 'refs'> = batch;
    for (const step of statesOf(changes, left)) {
      const heals = healed.map((cube): Mutation => ({ type: 'heal', cube }));
      const made = mutationsOf(step, left, sealed);
      await this.#parts.commit(step.length, [...heals, ...made], nodes, refs);
      this.#settle(step, sealed);
      await this.#parts.healed(healed);
      [healed, nodes, refs] = [[], [], []];
    }
  }

  async #seal(
    changes: readonly Change[],
    left: LeftOut,
    batch: SealBatch,
  ): Promise<Map<VersionChange, Sealed>> {
    const done = new Map<VersionChange, Sealed>();
    const versions = changes.filter((change) => change.type === 'version').filter((each) => !left.has(each));
    for (let at = 0; at < versions.length; at += filesInFlight) {
      const some = versions.slice(at, at + filesInFlight);
      const encoded = await Promise.allSettled(some.map((version) => this.#encode(version, batch)));
      const whole = encoded.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      const tags = objectTags(this.#parts.encode.keyring, whole).values();
      for (const [i, result] of encoded.entries()) {
        const version = some[i];
        if (version === undefined) continue;
        if (result.status === 'fulfilled')
          done.set(version, { put: namedPut(result.value, tags.next().value), stuck: null });
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
  #asBefore(version: VersionChange, done: ReadonlyMap<VersionChange, Sealed>, batch: SealBatch): Put {
    const { working } = this.#parts;
    const earlier = [...done].filter(([{ inode }]) => inode === version.inode).at(-1);
    if (earlier !== undefined) return earlier[1].put;
    const stored = working.tree.object(working.tree.inode(version.inode)?.object ?? 0);
    const empty = stored === undefined ? new ObjectTreeBuilder().done(0) : null;
    batch.nodes.push(...(empty?.nodes ?? []));
    const made = empty ?? { root: stored?.root ?? noBytes, node: stored?.node ?? noBytes };
    const content = this.#contentOf(version, stored?.length ?? 0, made);
    return namedPut(content, objectTag(this.#parts.encode.keyring, content));
  }

  async #encode(version: VersionChange, batch: SealBatch): Promise<UnnamedPut> {
    const { manifest } = this.#parts;
    const { frozen, uid } = version;
    const encode = { ...this.#parts.encode, owner: this.#ownerOf(uid) };
    const target = {
      encode,
      node: (id: Buffer) => manifest.node(id),
      take: (encoded: EncodedCube) => batch.take(encoded),
    };
    const { root, node, nodes } = await sealContent(frozen, target, this.#buffers);
    batch.nodes.push(...nodes);
    // Those that were stored ahead of their version have no rows yet.
    for (const { slot } of frozen.slots.values()) batch.refs.push(...cubesOf(slot));
    return this.#contentOf(version, frozen.length, { root, node });
  }

  #ownerOf(uid: number): number {
    return idOwner(this.#parts.owned, uid);
  }

  #contentOf(
    { inode, uid, namespace, time }: VersionChange,
    length: number,
    { root, node }: { readonly root: Buffer; readonly node: Buffer },
  ): UnnamedPut {
    const date = utcDate(Number(time / 1_000_000n));
    return { inode, namespace, date, owner: this.#ownerOf(uid), length, root, node };
  }

  #settle(changes: readonly Change[], sealed: ReadonlyMap<VersionChange, Sealed>): void {
    const { contents } = this.#parts;
    const versions = changes.filter((change) => change.type === 'version');
    for (const version of versions) {
      const { inode, frozen } = version;
      const made = sealed.get(version);
      const file = contents.get(inode);
      if (made !== undefined && file !== undefined) settleFile(file, frozen, made);
      // Left out: who has the file open goes on with what it had.
      else file?.content.thaw(frozen);
      frozen.release();
    }
    this.#parts.settled(versions.map(({ inode }) => inode).filter((ino) => contents.settle(ino)));
  }
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

function mutationsOf(
  changes: readonly Change[],
  left: LeftOut,
  sealed: ReadonlyMap<VersionChange, Sealed>,
): Mutation[] {
  return changes.flatMap((change) => {
    if (change.type === 'mutation') return change.mutation;
    if (left.has(change)) return [];
    const made = sealed.get(change);
    if (made === undefined) throw new SherinError('USAGE', { what: 'a version was not sealed' });
    return made.put;
  });
}
