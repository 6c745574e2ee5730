/** Nodes by the number that the kernel knows them by. */
import type { FileSystem } from '../file-system.js';
import type { Node } from '../node.js';
import { PosixError } from '../posix-error.js';

/** The kernel's name for the root (linux/fuse.h, FUSE_ROOT_ID). */
const rootNumber = 1;

export class NodeTable {
  readonly #fs: FileSystem;
  /** Looked-up nodes of generated trees; those of `files/` are made from their number. */
  readonly #generated = new Map<number, Node>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  numberOf(ino: number): number {
    return ino === this.#fs.root.ino ? rootNumber : ino + 1;
  }

  inodeOf(number: number): number {
    return number === rootNumber ? this.#fs.root.ino : number - 1;
  }

  /** @throws PosixError ESTALE for a number that was forgotten */
  at(number: number): Node {
    if (number === rootNumber) return this.#fs.root;
    const node = this.#generated.get(number) ?? this.#fs.nodeOf(number - 1);
    if (node === undefined) throw new PosixError('ESTALE');
    return node;
  }

  /** True while the kernel knows another node by this one's number, whose cached content it would show. */
  isTaken(node: Node): boolean {
    const there = this.#generated.get(this.numberOf(node.ino));
    return there !== undefined && there.identity !== node.identity;
  }

  /** Remembers a node that the kernel is about to know; returns its number. @throws Error when that is taken */
  known(node: Node): number {
    if (this.isTaken(node)) throw new Error('another node has this inode number');
    const number = this.numberOf(node.ino);
    if (!this.#fs.standsFor(node.ino)) this.#generated.set(number, node);
    return number;
  }

  /** Those of generated trees, by the way to them, for another process. */
  hand(): [number, string[]][] {
    return [...this.#generated].flatMap(([number, { place }]) =>
      place === null ? [] : [[number, [...place]] satisfies [number, string[]]],
    );
  }

  /** A node that the kernel knows by this number. */
  restore(number: number, node: Node): void {
    if (this.numberOf(node.ino) === number) this.#generated.set(number, node);
  }

  forget(number: number): void {
    this.#generated.delete(number);
  }
}
