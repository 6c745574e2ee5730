/** Which cubes the versions of a vault need, and how many objects share each: reference counts, derived from the log. */
import { setImmediate } from 'node:timers/promises';
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, cubeIdToBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { cubesOf } from '../cube/catalog.js';
import type { Manifest } from '../manifest/manifest.js';
import { nodeId, slotCount, usedSlots } from '../manifest/object-tree.js';
import { slotFits } from '../manifest/slot-length.js';
import { keyOf, type LogReading, type ObjectTreeRoot } from './log-reading.js';

/** Slots between two turns of the event loop. */
const stride = 2000;

/** Packed: a vault has a million of them for each terabyte. */
interface Uses {
  readonly root: string;
  readonly length: number;
  objects: number;
  /** A file shows it now; else only old versions do. */
  now: boolean;
}

/** Every cube that some version needs. */
export class References {
  readonly #cubes = new Map<CubeId, Uses>();
  /** Index nodes that trees refer to, by ID (latin1). */
  readonly nodes = new Set<string>();
  /** Index nodes that are missing or not the ones that were signed: what lies below them is not known. */
  readonly lostNodes = new Set<string>();
  /** Objects with such a node. */
  readonly lostTrees = new Set<ObjectTreeRoot>();
  /** Objects with a slot that has another length than they have there. */
  readonly wrongLengths = new Set<ObjectTreeRoot>();
  /** Large root nodes that are not in their table, which their records still have. */
  readonly mendableNodes: Buffer[] = [];

  get size(): number {
    return this.#cubes.size;
  }

  /** Whether all of them are known. */
  get complete(): boolean {
    return this.lostTrees.size === 0;
  }

  has(id: CubeId): boolean {
    return this.#cubes.has(id);
  }

  ids(): IterableIterator<CubeId> {
    return this.#cubes.keys();
  }

  find(id: CubeId): CubeRef | undefined {
    const uses = this.#cubes.get(id);
    if (uses === undefined) return undefined;
    return { id: cubeIdToBytes(id), root: Buffer.from(uses.root, 'latin1'), length: uses.length };
  }

  /** Cubes and their plaintext bytes: all, those that only old versions need, and those that several objects share. */
  counts(): { readonly [name in 'all' | 'old' | 'shared']: { cubes: number; bytes: number } } {
    const counts = { all: none(), old: none(), shared: none() };
    for (const { length, now, objects } of this.#cubes.values()) {
      add(counts.all, length);
      if (!now) add(counts.old, length);
      if (objects > 1) add(counts.shared, length);
    }
    return counts;
  }

  note({ id, root, length }: CubeRef, now: boolean): void {
    const key = cubeIdFromBytes(id);
    const known = this.#cubes.get(key);
    if (known === undefined) {
      this.#cubes.set(key, { root: root.toString('latin1'), length, objects: 1, now });
      return;
    }
    known.objects += 1;
    known.now ||= now;
  }
}

function none(): { cubes: number; bytes: number } {
  return { cubes: 0, bytes: 0 };
}

function add(count: { cubes: number; bytes: number }, bytes: number): void {
  count.cubes += 1;
  count.bytes += bytes;
}

/** Walks the tree of every object that is kept. @throws SherinError IO, LOCKED */
export async function readReferences(
  manifest: Manifest,
  { trees }: Pick<LogReading, 'trees'>,
): Promise<References> {
  const references = new References();
  const present = new Set(Array.from(manifest.tree.presentTrees(), (tree) => keyOf(tree)));
  let steps = 0;
  for (const [key, tree] of trees) {
    // An object counts once for each of its cubes, however often it holds it.
    const seen = new Set<string>();
    for (const cube of cubesOfTree(manifest, tree, references)) {
      if (++steps % stride === 0) await setImmediate();
      const id = cube.id.toString('latin1');
      if (!seen.has(id)) references.note(cube, present.has(key));
      seen.add(id);
    }
    if (++steps % stride === 0) await setImmediate();
  }
  return references;
}

/** The cubes of an object, as far as its index nodes are there; what is missing of them is noted. */
export function* cubesOfTree(
  manifest: Manifest,
  tree: ObjectTreeRoot,
  references = new References(),
): Iterable<CubeRef> {
  const load = (id: Buffer): Buffer => {
    const key = id.toString('latin1');
    references.nodes.add(key);
    try {
      return manifest.node(id);
    } catch (error) {
      if (isBroken(error)) references.lostNodes.add(key);
      throw error;
    }
  };
  try {
    const node = tree.node ?? largeRoot(manifest, tree, references);
    for (const used of usedSlots(node, slotCount(tree.length), load)) {
      if (!slotFits(used, tree.length)) references.wrongLengths.add(tree);
      yield* cubesOf(used.slot);
    }
  } catch (error) {
    if (!isBroken(error)) throw error;
    references.lostTrees.add(tree);
  }
}

/** A large root node, from its table or, where that has lost it, from its record. */
function largeRoot(manifest: Manifest, tree: ObjectTreeRoot, references: References): Buffer {
  references.nodes.add(tree.nodeId.toString('latin1'));
  try {
    return manifest.node(tree.nodeId);
  } catch (error) {
    if (!isBroken(error)) throw error;
    const { mutation } = manifest.record(tree.record);
    if (!('node' in mutation) || !nodeId(mutation.node).equals(tree.nodeId)) throw error;
    references.mendableNodes.push(mutation.node);
    return mutation.node;
  }
}

export function isBroken(error: unknown): boolean {
  return (
    error instanceof MalformedBytes || (error instanceof SherinError && error.code === 'MANIFEST_BROKEN')
  );
}
