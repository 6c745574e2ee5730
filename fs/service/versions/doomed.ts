/** What goes with versions that are given up: planned while the vault is in use, brought up to date when nothing else happens. */
import { setImmediate } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { asCubeId, type CubeId, cubeIdFromBytes, cubeIdToBytes } from '../../../common/ids.js';
import { contentOf, Needed, placedBy } from '../../cube/needed.js';
import type { Collection } from '../../history/collection.js';
import { isCollected } from '../../manifest/tree.js';
import type { Stored } from '../../writing/stored.js';
import type { Session } from '../session/session.js';

/** Cubes between two turns of the event loop. */
const stride = 200;

/** Cubes, with the bytes of their files. */
type Sized = Map<CubeId, number>;

export class Doomed {
  /** Cubes that only what is given up had. */
  readonly cubes: Sized = new Map();
  /** Cubes that nothing refers to, as a crash can leave some. */
  readonly orphans: Sized = new Map();
  /** Cubes that are needed only by what programs have, or read, beyond all versions. */
  readonly #inUse = new Set<CubeId>();
  readonly #session: Session;
  readonly #needed: Needed;
  #collection: Collection;
  /** Records of the log that it knows of. */
  #size: number;
  #rows: { readonly cubes: readonly Buffer[]; readonly nodes: readonly Buffer[] } = { cubes: [], nodes: [] };

  private constructor(session: Session, needed: Needed, collection: Collection, size: number) {
    this.#session = session;
    this.#needed = needed;
    this.#collection = collection;
    this.#size = size;
  }

  /** @param size of the log that the collection was made from. @throws SherinError MANIFEST_BROKEN, DISK_READ */
  static async of(session: Session, collection: Collection, size: number): Promise<Doomed> {
    const { manifest } = session;
    const needed = await Needed.of(manifest, new Set(collection.objects));
    const doomed = new Doomed(session, needed, collection, size);
    for (const no of collection.objects) {
      const object = manifest.tree.object(no);
      if (object !== undefined && !isCollected(object)) doomed.add(contentOf(manifest, object).keys());
    }
    return doomed;
  }

  get collection(): Collection {
    return this.#collection;
  }

  /** Takes cubes along that nothing needs. */
  add(ids: Iterable<CubeId>): void {
    const { store } = this.#session;
    for (const id of ids) {
      const size = this.#needed.cubes.has(id) ? null : store.size(id);
      if (size !== null) this.cubes.set(id, size);
    }
  }

  /** Takes the cubes of content along that nothing needs. */
  addContents(contents: Iterable<Stored>): void {
    for (const content of contents) this.add(this.#cubesOf(content));
  }

  needs(id: CubeId): boolean {
    return this.#needed.cubes.has(id);
  }

  /** No version needs it: a program does. */
  isInUse(id: CubeId): boolean {
    return this.#inUse.has(id);
  }

  /** Takes everything along that nothing needs: cubes without a use, and rows of the manifest's tables. */
  async addOrphans(): Promise<void> {
    const { manifest, store } = this.#session;
    const { cubes, nodes } = this.#needed;
    for await (const name of store.stored()) {
      const id = asCubeId(name);
      if (id === undefined || cubes.has(id) || this.cubes.has(id)) continue;
      const size = store.size(id);
      if (size !== null) this.orphans.set(id, size);
    }
    this.#rows = {
      cubes: await manifest.tables.beyond('cubes', (id) => cubes.has(cubeIdFromBytes(id))),
      nodes: await manifest.tables.beyond('nodes', (id) => nodes.has(id.toString('latin1'))),
    };
  }

  /**
   * Leaves out what has come into use since; within {@link Session.alone}, while nobody else relies on cubes.
   * @param held content that readers are to have still, whatever becomes of its versions
   */
  update(held: Iterable<Stored>): void {
    const { manifest, writing } = this.#session;
    const again = new Set<number>();
    for (; this.#size < manifest.head.size; this.#size++) {
      const { mutation } = manifest.record(this.#size);
      const placed = placedBy(manifest.tree, mutation);
      if (placed === null) continue;
      this.#needed.add(manifest, placed);
      if (mutation.type === 'put') again.add(placed.no);
    }
    for (const content of [...writing.inCubes(), ...held]) this.#addUnsealed(content);
    const present = new Set(Array.from(manifest.tree.contents(), ({ putIndex }) => putIndex));
    const { puts, objects } = this.#collection;
    this.#collection = {
      puts: puts.filter((put) => !present.has(put)),
      objects: objects.filter((no) => !again.has(no)),
    };
    for (const sized of [this.cubes, this.orphans]) {
      for (const id of sized.keys()) if (this.#needed.cubes.has(id)) sized.delete(id);
    }
  }

  #addUnsealed(content: Stored): void {
    const { cubes, nodes } = this.#needed;
    for (const id of this.#cubesOf(content, nodes)) {
      if (!cubes.has(id)) this.#inUse.add(id);
      cubes.add(id);
    }
  }

  /** What a program writes to may stand on a version that was destroyed: of that, nothing is left. */
  #cubesOf(content: Stored, nodes?: Set<string>): Iterable<CubeId> {
    if (isCollected(content)) return [];
    try {
      return contentOf(this.#session.manifest, content, nodes).keys();
    } catch (error) {
      if (!(error instanceof SherinError && error.code === 'MANIFEST_BROKEN')) throw error;
      return [];
    }
  }

  /** Takes the cubes out of their places, where no new reader finds them, and the rows out of their tables. */
  async remove(): Promise<void> {
    const { manifest, store } = this.#session;
    const ids = [...this.cubes.keys(), ...this.orphans.keys()];
    this.#session.removed(ids);
    for (const [at, id] of ids.entries()) {
      store.trash(id);
      if (at % stride === stride - 1) await setImmediate();
    }
    const { cubes, nodes } = this.#needed;
    const rows = [...this.#rows.cubes, ...ids.map(cubeIdToBytes)];
    manifest.tables.drop({
      cubes: rows.filter((id) => !cubes.has(cubeIdFromBytes(id))),
      nodes: this.#rows.nodes.filter((id) => !nodes.has(id.toString('latin1'))),
    });
  }
}

/** Bytes of all of them. */
export function bytesOf(sized: ReadonlyMap<CubeId, number>): number {
  let sum = 0;
  for (const size of sized.values()) sum += size;
  return sum;
}
