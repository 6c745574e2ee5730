/** A connection that can be ended. */
export interface Reader {
  drop(): void;
}

/** What waits for clients to read it, by user: of one who lets too much wait the connection goes for which there is most. */
export class UnreadBytes {
  readonly #limit: number;
  readonly #users = new Map<number, Map<Reader, number>>();

  /** @param limit bytes of one user */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param bytes that wait for this reader now */
  note(uid: number, reader: Reader, bytes: number): void {
    const known = this.#users.get(uid);
    // Most clients read at once.
    if (known === undefined && bytes === 0) return;
    const readers = known ?? new Map<Reader, number>();
    if (bytes === 0) readers.delete(reader);
    else readers.set(reader, bytes);
    if (readers.size === 0) this.#users.delete(uid);
    else this.#users.set(uid, readers);
    if (sumOf(readers) > this.#limit) this.#dropSlowest(uid, readers);
  }

  #dropSlowest(uid: number, readers: ReadonlyMap<Reader, number>): void {
    const [slowest] = [...readers].sort(([, a], [, b]) => b - a);
    if (slowest === undefined) return;
    this.note(uid, slowest[0], 0);
    slowest[0].drop();
  }
}

function sumOf(readers: ReadonlyMap<Reader, number>): number {
  let sum = 0;
  for (const bytes of readers.values()) sum += bytes;
  return sum;
}
