/** Inode numbers: each is given out once and used once, in whatever order. */
export class InodeNumbers {
  #next: number;
  /** Given out and not yet used. */
  readonly #allotted = new Set<number>();

  /** Takes a number above every one that was ever used. */
  constructor(next: number) {
    this.#next = next;
  }

  /** All numbers that were ever given out are below it. */
  get next(): number {
    return this.#next;
  }

  allot(): number {
    const ino = this.#next++;
    this.#allotted.add(ino);
    return ino;
  }

  /** This one was given out in an earlier run, and is used yet. */
  reserve(ino: number): void {
    this.#allotted.add(ino);
    this.#next = Math.max(this.#next, ino + 1);
  }

  /** Whether an inode that is not in the tree may get this number. */
  isFree(ino: number): boolean {
    return ino >= this.#next || this.#allotted.has(ino);
  }

  /** Notes that these are in the log now. */
  use(inodes: ReadonlySet<number>): void {
    for (const ino of inodes) {
      this.#allotted.delete(ino);
      this.#next = Math.max(this.#next, ino + 1);
    }
  }
}
