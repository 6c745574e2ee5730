/** Small rewrites leave slots in pieces: those of files that have cooled are stored whole again, in the background. */
import { setImmediate } from 'node:timers/promises';
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { nowNanoseconds } from '../../common/time.js';
import type { EncodeOptions } from '../../native/index.js';
import { objectSlots } from '../cube/catalog.js';
import type { ObjectContent } from '../cube/content.js';
import { idOwner } from '../cube/id-owner.js';
import type { CubeStore } from '../cube/store.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Manifest } from '../manifest/manifest.js';
import { type ObjectTree, ObjectTreeBuilder, type Slot, slotCount } from '../manifest/object-tree.js';
import type { Mutation } from '../manifest/records.js';
import { isCollected, type ObjectInfo } from '../manifest/tree.js';
import type { Contents } from './contents.js';
import { sealFault } from './seal-fault.js';
import { sealAnew } from './seal-slot.js';
import { SealedCubes } from './sealed-cubes.js';
import type { Transaction } from './sealing.js';
import type { SlotBuffers } from './slot-buffers.js';
import { isJoined } from './slot-pieces.js';
import type { Stored } from './stored.js';
import { isUnreadable } from './unreadable.js';

/** A file that was last written so long ago has cooled. */
const coolingMs = 600_000;
const everyMs = 600_000;
/** Slots of one pass, which needs room for all of them; and of one transaction. */
const slotsOfPass = 256;
const slotsAtOnce = 32;
/** Inodes, or slots, between two turns of the event loop. */
const stride = 500;

export interface JoiningParts {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly contents: Contents;
  readonly encode: EncodeOptions;
  /** Cube IDs depend on the owner's uid. */
  readonly owned: boolean;
  readonly refused: { has(cube: CubeId): boolean };
  readonly buffers: SlotBuffers;
  readonly open: (stored: Stored) => ObjectContent;
  /** Runs a step for which cubes have to stay. */
  readonly holding: <T>(step: () => Promise<T>) => Promise<T>;
  /** Runs a step when no other changes the manifest. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
  /** Waits for what a transaction needs. @throws SherinError TPM_*, IO */
  readonly beforeCommit: () => Promise<void>;
  /** Makes it before the call returns. */
  readonly commit: (...made: Transaction) => Promise<unknown>;
  readonly healed: (cubes: readonly CubeId[]) => Promise<void>;
  /** Programs are waited for: no time for what can wait. */
  readonly busy: () => boolean;
}

interface Joined {
  /** Slots. */
  readonly joined: number;
  /** There may be more another time. */
  readonly later: boolean;
}

export class Joining {
  readonly #parts: JoiningParts;
  /** Files whose last version has a lower log index have nothing to join, or what can not be read. */
  #from = 0;
  #timer: NodeJS.Timeout | null = null;
  #passes: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** Runs a pass now and then, while nothing else is to be done. */
  start(): void {
    const run = (): void => {
      // Where it fails it is tried again.
      if (!this.#parts.busy()) this.pass().catch(() => undefined);
    };
    this.#timer ??= setInterval(run, everyMs).unref();
  }

  stop(): void {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** No pass is under way; after {@link stop} none begins. */
  async ended(): Promise<void> {
    await this.#passes;
  }

  /**
   * Stores slots whole of files whose content was last put so long ago (ms), up to a bound; what can not be read stays as it is.
   * @returns how many slots. @throws SherinError LOCKED, NO_SPACE, IO, TPM_*
   */
  pass(cooling = coolingMs, most = slotsOfPass): Promise<number> {
    const run = this.#passes.then(() => this.#pass(nowNanoseconds() - BigInt(cooling) * 1_000_000n, most));
    this.#passes = run.catch(() => undefined);
    return run.catch((error: unknown) => {
      throw sealFault(error);
    });
  }

  async #pass(before: bigint, most: number): Promise<number> {
    const { manifest, store } = this.#parts;
    this.#requireOpen();
    const { size } = manifest.head;
    if (manifest.contentSize <= this.#from) return 0;
    if ((await store.available()) < most * slotBytes) return 0;
    let [joined, from] = [0, size];
    for (let ino = 1; ino < manifest.present.state.nextInode; ino++) {
      if (ino % stride === 0) await setImmediate();
      this.#requireOpen();
      const { object = 0, putIndex = -1 } = manifest.tree.inode(ino) ?? {};
      if (object === 0 || putIndex < this.#from) continue;
      const done = await this.#joinFile(object, before, most - joined);
      joined += done.joined;
      if (done.later) from = Math.min(from, putIndex);
    }
    this.#from = from;
    return joined;
  }

  async #joinFile(object: number, before: bigint, most: number): Promise<Joined> {
    let joined = 0;
    try {
      if (!(await this.#isInPieces(object))) return { joined, later: false };
      if (this.#lastPut(object) > before || !this.#isAtRest(object)) return { joined, later: true };
      while (joined < most) {
        const next = Math.min(slotsAtOnce, most - joined);
        const done = await this.#joinSome(object, next);
        joined += done;
        // What is left in pieces can not be read, or somebody has begun to write.
        if (done < next) return { joined, later: !this.#isAtRest(object) };
      }
      return { joined, later: true };
    } catch (error) {
      const broken = error instanceof SherinError && error.code === 'MANIFEST_BROKEN';
      if (broken || isUnreadable(error) || error instanceof MalformedBytes) return { joined, later: false };
      throw error;
    }
  }

  async #isInPieces(no: number): Promise<boolean> {
    const { manifest } = this.#parts;
    const object = manifest.tree.object(no);
    if (object === undefined || isCollected(object)) return false;
    let seen = 0;
    for (const { slot } of objectSlots(manifest, object)) {
      if (!isJoined(slot)) return true;
      if (++seen % stride === 0) await setImmediate();
      this.#requireOpen();
    }
    return false;
  }

  /** Time of the newest version that files with this content have (nanoseconds since 1970). @throws SherinError MANIFEST_BROKEN */
  #lastPut(object: number): bigint {
    const { manifest } = this.#parts;
    const puts = manifest.tree.inodesOf(object).map((ino) => manifest.tree.inode(ino)?.putIndex ?? -1);
    const newest = puts.reduce((most, put) => Math.max(most, put), -1);
    return newest < 0 ? 0n : manifest.record(newest).time;
  }

  /** Nobody writes to a file with this content, or has written what is in no version. */
  #isAtRest(object: number): boolean {
    const { manifest, contents } = this.#parts;
    const inodes = manifest.tree.inodesOf(object);
    return inodes.every((ino) => contents.writers(ino) === 0) && this.#isSealed(inodes);
  }

  #isSealed(inodes: readonly number[]): boolean {
    return inodes.every((ino) => this.#parts.contents.get(ino) === undefined);
  }

  /** @returns slots that are stored whole now */
  #joinSome(no: number, most: number): Promise<number> {
    return this.#parts.holding(async () => {
      const { manifest, inTurn, encode, owned } = this.#parts;
      this.#requireOpen();
      const object = manifest.tree.object(no);
      const [ino] = manifest.tree.inodesOf(no);
      if (object === undefined || ino === undefined || !this.#isAtRest(no)) return 0;
      const cubes = new SealedCubes(this.#parts);
      const owner = idOwner(owned, manifest.tree.inode(ino)?.uid);
      const target = { encode: { ...encode, owner }, take: cubes.take.bind(cubes) };
      try {
        const { tree, joined } = await this.#joinSlots(object, most, (bytes) => sealAnew(bytes, target));
        if (joined === 0 || !tree.root.equals(object.root)) return 0;
        return (await inTurn(() => this.#commit(object, tree, cubes))) ? joined : 0;
      } finally {
        cubes.discard();
      }
    });
  }

  async #joinSlots(
    object: ObjectInfo,
    most: number,
    seal: (bytes: Buffer) => Promise<Slot>,
  ): Promise<{ readonly tree: ObjectTree; readonly joined: number }> {
    const content = this.#parts.open(object);
    const builder = new ObjectTreeBuilder();
    let [pushed, joined, seen] = [0, 0, 0];
    try {
      for (const { index, slot } of objectSlots(this.#parts.manifest, object)) {
        builder.pushHoles(index - pushed);
        const whole = joined < most && !isJoined(slot) ? await this.#joinSlot(content, index, seal) : null;
        builder.push(whole ?? slot);
        if (whole !== null) joined += 1;
        pushed = index + 1;
        if (++seen % stride === 0) await setImmediate();
        this.#requireOpen();
      }
    } finally {
      content.close();
    }
    builder.pushHoles(slotCount(object.length) - pushed);
    return { tree: builder.done(object.length), joined };
  }

  /** @returns null where it can not be read */
  #joinSlot(
    content: ObjectContent,
    index: number,
    seal: (bytes: Buffer) => Promise<Slot>,
  ): Promise<Slot | null> {
    const start = index * slotBytes;
    return this.#parts.buffers.with(Math.min(slotBytes, content.size - start), async (bytes) => {
      try {
        await content.read(start, bytes.length, bytes);
      } catch (error) {
        if (isUnreadable(error)) return null;
        throw error;
      }
      return seal(bytes);
    });
  }

  /** In the manifest's turn. @returns whether the object was as it is, and nobody had begun to write to it */
  async #commit(object: ObjectInfo, tree: ObjectTree, cubes: SealedCubes): Promise<boolean> {
    const { beforeCommit, commit, healed } = this.#parts;
    if (!this.#mayLayOut(object)) return false;
    await beforeCommit();
    await cubes.store();
    // Nothing comes between this and the transaction.
    if (!this.#mayLayOut(object)) return false;
    const heals = [...cubes.healed].map((cube): Mutation => ({ type: 'heal', cube }));
    const layout: Mutation = { type: 'layout', object: object.no, node: tree.node };
    await commit([...heals, layout], tree.nodes, cubes.refs);
    await healed([...cubes.healed]);
    return true;
  }

  #mayLayOut({ no, node }: ObjectInfo): boolean {
    this.#requireOpen();
    const { tree } = this.#parts.manifest;
    const inodes = tree.inodesOf(no);
    return inodes.length > 0 && this.#isSealed(inodes) && tree.object(no)?.node.equals(node) === true;
  }

  #requireOpen(): void {
    if (this.#closed) throw new SherinError('LOCKED');
  }
}
