/** What a path has shown since the vault was made: from the log, so that files that are gone and names that were taken over count. */
import type { Manifest } from '../manifest/manifest.js';
import type { CollectedBy, LogRecord, Mutation } from '../manifest/records.js';
import { Names } from './names.js';

/** From `time` on the path showed this, until the next one. */
export interface PathVersion {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly inode: number;
  /** Log index of the attributes that the file had at that time. */
  readonly attributes: number;
  /** Log index of the put whose content it had; −1: it was empty. */
  readonly put: number;
  /** Absent: it is kept. */
  readonly givenUp?: GivenUp;
}

/** Who gave a version up, and when. */
export interface GivenUp {
  readonly by: CollectedBy;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export interface PathHistory {
  /** Oldest first. */
  readonly versions: readonly PathVersion[];
  /** Times at which it began to show no file. */
  readonly removals: readonly bigint[];
}

/**
 * Reads the whole log. What is no regular file gives no version.
 * @throws SherinError MANIFEST_BROKEN
 */
export async function pathHistory(
  manifest: Manifest,
  path: readonly Buffer[],
  progress: (done: number, total: number) => void,
): Promise<PathHistory> {
  const follower = new Follower(path);
  await manifest.walkLog({ record: (index, record) => follower.see(index, record), progress });
  return follower.history();
}

/** Log indexes of a file's attributes and of its last put. */
interface FileState {
  readonly inode: number;
  readonly attributes: number;
  readonly put: number;
}

class Follower {
  readonly #path: readonly Buffer[];
  /** The names on the way, which alone can change where it leads. */
  readonly #parts: ReadonlySet<string>;
  readonly #names = new Names();
  readonly #files = new Map<number, FileState>();
  readonly #versions: PathVersion[] = [];
  readonly #removals: bigint[] = [];
  readonly #givenUp = new Map<number, GivenUp>();
  /** Time of the commit that is being read: its records have one time, and states in between were never to be seen. */
  #time = 0n;
  /** Where the path leads, and the file it showed at the end of the commit before. */
  #inode: number | undefined;
  #shown: FileState | undefined;

  constructor(path: readonly Buffer[]) {
    this.#path = path;
    this.#parts = new Set(path.map((name) => name.toString('latin1')));
  }

  see(index: number, { mutation, time }: LogRecord): void {
    if (time !== this.#time) this.#settle();
    this.#time = time;
    this.#names.apply(mutation);
    if (mutation.type === 'collect') {
      for (const put of mutation.puts) this.#givenUp.set(put, { by: mutation.by, time });
      return;
    }
    if (mutation.type === 'attributes') {
      if (mutation.attributes.kind !== 'file') return;
      const { inode } = mutation;
      this.#files.set(inode, { inode, attributes: index, put: this.#files.get(inode)?.put ?? -1 });
    } else if (mutation.type === 'put') {
      const known = this.#files.get(mutation.inode);
      if (known !== undefined) this.#files.set(mutation.inode, { ...known, put: index });
    } else if (this.#mayMove(mutation)) this.#inode = this.#names.find(this.#path);
  }

  history(): PathHistory {
    this.#settle();
    const versions = this.#versions.map((version) => {
      const givenUp = this.#givenUp.get(version.put);
      return givenUp === undefined ? version : { ...version, givenUp };
    });
    return { versions, removals: this.#removals };
  }

  #mayMove(mutation: Mutation): boolean {
    const on = (name: Buffer): boolean => this.#parts.has(name.toString('latin1'));
    if (mutation.type === 'link' || mutation.type === 'unlink') return on(mutation.name);
    return mutation.type === 'rename' && (on(mutation.name) || on(mutation.newName));
  }

  #settle(): void {
    const [before, now] = [this.#shown, this.#inode === undefined ? undefined : this.#files.get(this.#inode)];
    this.#shown = now;
    if (now === undefined) {
      if (before !== undefined) this.#removals.push(this.#time);
    } else if (now.inode !== before?.inode || now.put !== before.put) {
      this.#versions.push({ time: this.#time, ...now });
    }
  }
}
