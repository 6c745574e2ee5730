/** Which cubes and index nodes content needs. */
import { setImmediate } from 'node:timers/promises';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { nodeId, slotCount } from '../manifest/index-node.js';
import { usedSlots } from '../manifest/object-tree.js';
import type { Mutation } from '../manifest/records.js';
import type { ObjectInfo, Tree } from '../manifest/tree.js';
import { cubesOf, type NodeSource } from './catalog.js';

/** Objects between two turns of the event loop. */
const stride = 200;

type Content = Pick<ObjectInfo, 'node' | 'length'>;

/** The cubes of some content, each once. @param nodes gets the IDs of its index nodes, as Latin-1 */
export function contentOf(
  manifest: NodeSource,
  { node, length }: Content,
  nodes?: Set<string>,
): Map<CubeId, CubeRef> {
  const cubes = new Map<CubeId, CubeRef>();
  nodes?.add(nodeId(node).toString('latin1'));
  const load = (id: Buffer): Buffer => {
    nodes?.add(id.toString('latin1'));
    return manifest.node(id);
  };
  for (const { slot } of usedSlots(node, slotCount(length), load)) {
    for (const cube of cubesOf(slot)) cubes.set(cubeIdFromBytes(cube.id), cube);
  }
  return cubes;
}

/** A cube of whichever version that is kept; undefined where none needs it. @throws SherinError MANIFEST_BROKEN */
export function findNeeded(
  manifest: NodeSource & { readonly tree: { everyObject(): Iterable<ObjectInfo> } },
  id: CubeId,
): CubeRef | undefined {
  for (const object of manifest.tree.everyObject()) {
    const cube = contentOf(manifest, object).get(id);
    if (cube !== undefined) return cube;
  }
  return undefined;
}

/** The object that a record places in cubes, and where; null: it places none. @param tree knows all objects of the log by then */
export function placedBy(tree: Tree, mutation: Mutation): (Content & { readonly no: number }) | null {
  if (mutation.type === 'put') {
    const { id, node, length } = mutation;
    return { no: tree.objectNumber(id) ?? 0, node, length };
  }
  if (mutation.type !== 'layout') return null;
  const { object: no, node } = mutation;
  return { no, node, length: tree.object(no)?.length ?? 0 };
}

/** What is to stay. */
export class Needed {
  readonly cubes = new Set<CubeId>();
  /** IDs as Latin-1. */
  readonly nodes = new Set<string>();

  /** @throws SherinError MANIFEST_BROKEN */
  add(manifest: NodeSource, content: Content): void {
    for (const id of contentOf(manifest, content, this.nodes).keys()) this.cubes.add(id);
  }

  /** What a vault needs without some of its objects. @throws SherinError MANIFEST_BROKEN */
  static async of(
    manifest: NodeSource & { readonly tree: { everyObject(): Iterable<ObjectInfo> } },
    without: ReadonlySet<number>,
  ): Promise<Needed> {
    const needed = new Needed();
    let seen = 0;
    for (const object of manifest.tree.everyObject()) {
      if (!without.has(object.no)) needed.add(manifest, object);
      seen += 1;
      if (seen % stride === 0) await setImmediate();
    }
    return needed;
  }
}
