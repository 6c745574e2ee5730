/** Which bots have a folder in the mount, and what they were granted: in memory alone, so it ends with this process. */
import type { SherinId } from '../../../common/ids.js';
import { generatedInode } from '../inode-numbers.js';

/** What was told of rights, and may depend on which bots there are. */
export interface Told {
  /** It holds no more. */
  lapse(): void;
}

/** An object that a bot may read while one of these tasks needs it. */
export class Granted {
  readonly id: SherinId;
  /** Bytes. */
  readonly length: number;
  readonly ino: number;
  readonly tasks = new Set<string>();

  constructor(id: SherinId, length: number, ino: number) {
    this.id = id;
    this.length = length;
    this.ino = ino;
  }

  get ended(): boolean {
    return this.tasks.size === 0;
  }
}

/** One task gives it no more; others may. */
export interface EndedGrant {
  readonly granted: Granted;
  readonly task: string;
}

export interface NewFolder {
  readonly bot: string;
  readonly uid: number;
  /** Inode of the directory that it writes to. */
  readonly out: number;
  /** Bytes of all that it may have there. */
  readonly mostBytes: number;
}

/** `bots/<bot ID>/` while the bot is open. */
export interface BotFolder extends NewFolder {
  /** No other folder ever had it. */
  readonly number: number;
  readonly granted: ReadonlyMap<SherinId, Granted>;
}

interface Kept extends BotFolder {
  readonly granted: Map<SherinId, Granted>;
}

export class BotFolders {
  /** Files that are being taken for results: nobody may begin to change them. */
  readonly taken = new Set<number>();
  readonly #open = new Map<string, Kept>();
  readonly #told: Told;
  #folders = 0;
  #grants = 0;

  constructor(told: Told = { lapse: () => undefined }) {
    this.#told = told;
  }

  get(bot: string): BotFolder | undefined {
    return this.#open.get(bot);
  }

  all(): Iterable<BotFolder> {
    return this.#open.values();
  }

  open(folder: NewFolder): void {
    this.#told.lapse();
    this.#open.set(folder.bot, { ...folder, number: this.#folders++, granted: new Map() });
  }

  close(bot: string): void {
    this.#told.lapse();
    this.#open.delete(bot);
  }

  grant(bot: string, task: string, { id, length }: { readonly id: SherinId; readonly length: number }): void {
    const granted = this.#open.get(bot)?.granted;
    if (granted === undefined) return;
    this.#told.lapse();
    const known = granted.get(id) ?? new Granted(id, length, generatedInode('granted', ++this.#grants));
    known.tasks.add(task);
    granted.set(id, known);
  }

  /** Ends what a task gave a bot; what another one gives stays. @param task null: every one. @returns each grant that ended by it */
  end(bot: string, task: string | null): readonly EndedGrant[] {
    this.#told.lapse();
    const granted = this.#open.get(bot)?.granted ?? new Map<SherinId, Granted>();
    const lost = [...granted.values()].flatMap((each) =>
      [...each.tasks].filter((by) => task === null || by === task).map((by) => ({ granted: each, task: by })),
    );
    for (const { granted: each, task: by } of lost) {
      each.tasks.delete(by);
      if (each.ended) granted.delete(each.id);
    }
    return lost;
  }

  /** Bytes that may lie in a directory that a bot writes to: none once it is closed. */
  mostBytes(out: number): number {
    for (const folder of this.#open.values()) if (folder.out === out) return folder.mostBytes;
    return 0;
  }
}
