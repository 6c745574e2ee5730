import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { DaemonDatabase } from './database.js';

/** Milliseconds that {@link GroupCommit.gather} may take. */
const soonMs = 50;
/** Things that {@link GroupCommit.gather} stores in one go; those after them are the next ones. */
const mostGathered = 1_000;

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Piece {
  readonly work: () => unknown;
  readonly settle: (outcome: Outcome) => void;
}

/** Changes that come together are committed together: one sync of the disk for all of them. Order is that of the calls. */
export class GroupCommit {
  readonly #database: DaemonDatabase;
  readonly #log: Logger;
  #pieces: Piece[] = [];
  #turn: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(database: DaemonDatabase, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** Resolves when what `work` has changed is on disk; whatever it throws undoes its own changes only. @throws what `work` throws; SherinError DAEMON_DATABASE, NO_SPACE */
  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle: Piece['settle'] = (outcome) =>
        'error' in outcome ? reject(outcome.error) : resolve(outcome.value as T);
      this.#pieces.push({ work, settle });
      this.#turn ??= setImmediate(() => this.flush());
    });
  }

  /**
   * For what nobody has to wait for, and may be lost in a power cut: gives what takes one of a kind; those that came meanwhile are stored in one go, on
   * disk within 50 ms. What `store` throws is logged.
   */
  gather<Item>(store: (items: readonly Item[]) => void): (item: Item) => void {
    let open: Item[] | null = null;
    return (item) => {
      if (open !== null && open.length < mostGathered) {
        open.push(item);
        return;
      }
      const items = [item];
      open = items;
      const end = () => {
        if (open === items) open = null;
      };
      const work = () => {
        end();
        store(items);
      };
      const settle: Piece['settle'] = (outcome) => {
        // The transaction may have failed before it came to this.
        end();
        this.#tell(outcome);
      };
      this.#later({ work, settle });
    };
  }

  /** Commits what waits, now: who reads after that sees it. */
  flush(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#turn = null;
    this.#timer = null;
    const pieces = this.#pieces;
    this.#pieces = [];
    if (pieces.length > 0) this.#commit(pieces);
  }

  #later(piece: Piece): void {
    this.#pieces.push(piece);
    this.#timer ??= setTimeout(() => this.flush(), soonMs);
  }

  #tell(outcome: Outcome): void {
    if ('error' in outcome) this.#log.error({ err: outcome.error }, 'a change was not stored');
  }

  #commit(pieces: readonly Piece[]): void {
    const outcomes: Outcome[] = [];
    try {
      this.#database.transaction(() => {
        for (const { work } of pieces) outcomes.push(this.#outcome(work));
      });
    } catch (error) {
      for (const { settle } of pieces) settle({ error });
      return;
    }
    for (const [at, { settle }] of pieces.entries()) settle(outcomes[at] ?? { value: undefined });
  }

  /** @throws SherinError of the database, which concerns all of the group */
  #outcome(work: () => unknown): Outcome {
    try {
      return { value: this.#database.part(work) };
    } catch (error) {
      const ofDatabase = error instanceof SherinError && /^(DAEMON_DATABASE|NO_SPACE)$/.test(error.code);
      if (ofDatabase) throw error;
      return { error };
    }
  }
}
