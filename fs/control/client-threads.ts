import { Threads } from '../../native/index.js';

/** Threads of one connection; as many reads go on at the same time. */
const count = 4;

interface Entry {
  readonly threads: Threads;
  running: number;
  gone: boolean;
}

/** Threads for each connection that has content written into its files: one that hangs holds up its own client only. */
export class ClientThreads {
  readonly #entries = new Map<object, Entry>();

  /** Runs `use` with the threads of a connection. */
  async run<T>(connection: object, use: (threads: Threads) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(connection) ?? { threads: new Threads(count), running: 0, gone: false };
    this.#entries.set(connection, entry);
    entry.running += 1;
    try {
      return await use(entry.threads);
    } finally {
      entry.running -= 1;
      this.#end(connection, entry);
    }
  }

  /** Ends a connection's threads as soon as nothing runs on them. */
  gone(connection: object): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    entry.gone = true;
    this.#end(connection, entry);
  }

  #end(connection: object, { threads, running, gone }: Entry): void {
    if (!gone || running > 0) return;
    this.#entries.delete(connection);
    threads.close();
  }
}
