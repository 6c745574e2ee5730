import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Manifest } from '../manifest/manifest.js';
import { type Slot, slotCount, type UsedSlot, usedSlots } from '../manifest/object-tree.js';
import { isCollected, type ObjectInfo } from '../manifest/tree.js';

/** Gives index nodes by ID, hash-checked. */
export type NodeSource = Pick<Manifest, 'node'>;

/** Where a cube stands in an object. */
export interface CubeUse {
  readonly object: number;
  /** First byte of the cube's slot in the file. */
  readonly offset: number;
  readonly length: number;
}

/** The cubes that one slot refers to. */
export function cubesOf(slot: Slot): readonly CubeRef[] {
  if (slot.kind === 'hole') return [];
  if (slot.kind === 'cube') return [slot.cube];
  return slot.pieces.flatMap((piece) => (piece.kind === 'cube' ? [piece.cube] : []));
}

/** The slots of an object that are no holes, in order, from the verified object tree. */
export function objectSlots(
  nodes: NodeSource,
  { node, length }: Pick<ObjectInfo, 'node' | 'length'>,
): Iterable<UsedSlot> {
  return usedSlots(node, slotCount(length), (id) => nodes.node(id));
}

/** How many cubes and holes an object is made of. */
export function countSlots(nodes: NodeSource, object: ObjectInfo): { cubes: number; holes: number } {
  if (isCollected(object)) return { cubes: 0, holes: 0 };
  let [cubes, used] = [0, 0];
  for (const { slot } of objectSlots(nodes, object)) {
    cubes += cubesOf(slot).length;
    used += 1;
  }
  return { cubes, holes: slotCount(object.length) - used };
}

/** Every cube of an object with its place, from the verified object tree. */
export function* objectCubes(
  nodes: NodeSource,
  object: ObjectInfo,
): Iterable<{ cube: CubeRef; use: CubeUse }> {
  for (const { index, slot } of objectSlots(nodes, object)) {
    const offset = index * slotBytes;
    const use = { object: object.no, offset, length: Math.min(slotBytes, object.length - offset) };
    for (const cube of cubesOf(slot)) yield { cube, use };
  }
}

/** What a catalog looks at: a Manifest. */
export interface CatalogSource extends NodeSource {
  readonly tree: { objects(): Iterable<ObjectInfo> };
  readonly contentSize: number;
}

/**
 * Which cubes the present tree uses, and where. Built by walking the verified object trees when first asked, kept
 * until the content of some file changes.
 */
export class CubeCatalog {
  readonly #manifest: CatalogSource;
  #contentSize = -1;
  #cubes = new Map<CubeId, { readonly cube: CubeRef; readonly uses: CubeUse[] }>();

  constructor(manifest: CatalogSource) {
    this.#manifest = manifest;
  }

  #fresh(): Map<CubeId, { readonly cube: CubeRef; readonly uses: CubeUse[] }> {
    if (this.#contentSize === this.#manifest.contentSize) return this.#cubes;
    this.#cubes = new Map();
    for (const object of this.#manifest.tree.objects()) {
      for (const { cube, use } of objectCubes(this.#manifest, object)) {
        const id = cubeIdFromBytes(cube.id);
        const known = this.#cubes.get(id);
        if (known === undefined) this.#cubes.set(id, { cube, uses: [use] });
        else known.uses.push(use);
      }
    }
    this.#contentSize = this.#manifest.contentSize;
    return this.#cubes;
  }

  find(id: CubeId): CubeRef | undefined {
    return this.#fresh().get(id)?.cube;
  }

  uses(id: CubeId): readonly CubeUse[] {
    return this.#fresh().get(id)?.uses ?? [];
  }

  entries(): IterableIterator<[CubeId, { readonly cube: CubeRef; readonly uses: readonly CubeUse[] }]> {
    return this.#fresh().entries();
  }
}
