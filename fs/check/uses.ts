/** Which versions of which files need a cube. */

import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { bytesToText } from '../../common/names.js';
import type { Manifest } from '../manifest/manifest.js';
import { type Mutation, rootInode } from '../manifest/records.js';
import type { LogReading, ObjectTreeRoot } from './log-reading.js';
import { cubesOfTree } from './references.js';

/** Versions that are named for each cube. */
const named = 4;

export interface VersionUse {
  /** Of a file that is gone: the last name that it had. */
  readonly path: string;
  /** Time of the version. */
  readonly time: bigint;
  /** The file shows it now. */
  readonly now: boolean;
}

export interface Uses {
  /** All versions. */
  versions: number;
  /** Newest first; the first ones. */
  readonly some: readonly VersionUse[];
}

interface Found {
  versions: number;
  some: { readonly inode: number; readonly index: number; readonly time: bigint }[];
}

/** Reads the log once more: it is asked for cubes that are lost only. @throws SherinError MANIFEST_BROKEN, LOCKED */
export async function usesOf(
  manifest: Manifest,
  reading: LogReading,
  cubes: ReadonlySet<CubeId>,
): Promise<ReadonlyMap<CubeId, Uses>> {
  const byTree = new Map<string, Set<CubeId>>();
  if (cubes.size > 0) {
    for (const [key, tree] of reading.trees) {
      const inside = lostIn(manifest, tree, cubes);
      if (inside.size > 0) byTree.set(key, inside);
    }
  }
  const uses = new Map([...cubes].map((id) => [id, { versions: 0, some: [] as Found['some'] }]));
  const names = new LastNames();
  if (byTree.size > 0) {
    await manifest.walkLog({
      record: (index, { mutation, time }) => {
        names.see(mutation);
        if (mutation.type !== 'put') return;
        const { inode } = mutation;
        for (const id of byTree.get(reading.treeOf(mutation, index) ?? '') ?? []) {
          const found = uses.get(id);
          if (found === undefined) continue;
          found.versions += 1;
          found.some.unshift({ inode, index, time });
          found.some.length = Math.min(found.some.length, named);
        }
      },
    });
  }
  return new Map(
    Array.from(uses, ([id, { versions, some }]) => [
      id,
      { versions, some: some.map(({ inode, index, time }) => shown(manifest, names, inode, index, time)) },
    ]),
  );
}

function lostIn(manifest: Manifest, tree: ObjectTreeRoot, cubes: ReadonlySet<CubeId>): Set<CubeId> {
  const inside = new Set<CubeId>();
  for (const cube of cubesOfTree(manifest, tree)) {
    const id = cubeIdFromBytes(cube.id);
    if (cubes.has(id)) inside.add(id);
  }
  return inside;
}

function shown({ tree }: Manifest, names: LastNames, inode: number, index: number, time: bigint): VersionUse {
  const now = tree.inode(inode)?.putIndex === index;
  const present = tree.path(inode);
  return { path: present === undefined ? names.path(inode) : `files/${bytesToText(present)}`, time, now };
}

/** The last name that each inode had, whether or not it has it still. */
class LastNames {
  readonly #names = new Map<number, { readonly parent: number; readonly name: Buffer }>();
  /** Inode by parent and name, for renames. */
  readonly #inodes = new Map<string, number>();

  see(mutation: Mutation): void {
    if (mutation.type === 'link') this.#set(mutation.parent, mutation.name, mutation.inode);
    if (mutation.type !== 'rename') return;
    const { parent, name, newParent, newName, exchange } = mutation;
    const moved = this.#inodes.get(keyOfName(parent, name));
    const replaced = this.#inodes.get(keyOfName(newParent, newName));
    if (exchange && replaced !== undefined) this.#set(parent, name, replaced);
    if (moved !== undefined) this.#set(newParent, newName, moved);
  }

  /** `files/a/b`, or below what stands beside it. */
  path(inode: number): string {
    const parts: string[] = [];
    let at = inode;
    while (at !== rootInode && parts.length < 256) {
      const link = this.#names.get(at);
      if (link === undefined) break;
      parts.unshift(bytesToText(link.name));
      at = link.parent;
    }
    return (at === rootInode ? ['files', ...parts] : parts).join('/');
  }

  #set(parent: number, name: Buffer, inode: number): void {
    this.#names.set(inode, { parent, name });
    this.#inodes.set(keyOfName(parent, name), inode);
  }
}

function keyOfName(parent: number, name: Buffer): string {
  return `${parent}/${name.toString('latin1')}`;
}
