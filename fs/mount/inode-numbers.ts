/**
 * Inode numbers: `files/` has the manifest's, generated trees a high range (2^52 and up), so that they never meet.
 * A generated number is made of its tree and 48 bits that are the same after a restart.
 */
import { type CubeId, cubeIdToBytes } from '../../common/ids.js';

const generatedBase = 2 ** 52;
const treeSpan = 2 ** 48;

/** Trees of the high range; the number is part of the inode number and stays. */
const trees = { top: 0, ids: 1, cubes: 2, quarantine: 3, status: 4, inbox: 5, bots: 6, granted: 7 } as const;
export type GeneratedTree = keyof typeof trees;

/** `local`: less than 2^48; 0 is the tree's own directory. */
export function generatedInode(tree: GeneratedTree, local: number): number {
  return generatedBase + trees[tree] * treeSpan + (local % treeSpan);
}

/** True for the numbers of generated trees. */
export function isGenerated(ino: number): boolean {
  return ino >= generatedBase;
}

/** 48 bits of the ID, never 0. Two of a million cubes share a number with probability 1 in 560: a driver that goes by it has to notice. */
export function cubeInode(tree: 'cubes' | 'quarantine', id: CubeId): number {
  return generatedInode(tree, 1 + (cubeIdToBytes(id).readUIntBE(0, 6) % (treeSpan - 1)));
}

/** For drivers with 32-bit inode numbers: the upper half is the generated trees'. */
export function foldInode(ino: number): number {
  if (ino < generatedBase) return ino % 2 ** 31 || 2 ** 31 - 1;
  const tree = Math.floor((ino - generatedBase) / treeSpan);
  return 2 ** 31 + tree * 2 ** 27 + (ino % 2 ** 27);
}
