import { SherinError } from '../../../common/errors.js';
import { FuseSession } from '../../../native/index.js';
import type { Invalidation, MountLogger } from '../driver.js';
import type { FileSystem } from '../file-system.js';
import type { MountSource } from '../source.js';
import { within } from '../within.js';
import { dispatcher } from './dispatch.js';
import { Grants } from './grants.js';
import { Listings } from './listings.js';
import { Modifying } from './modifying.js';
import { NodeTable } from './node-table.js';
import { Operations } from './operations.js';
import { Prefetch } from './prefetch.js';

/** Threads to start with; the session adds more while they wait for a disk. */
const threads = 4;

export interface ConnectionOptions {
  readonly fs: FileSystem;
  readonly source: MountSource;
  readonly log: MountLogger;
  /** Milliseconds. */
  readonly deadline: number;
  readonly mountOptions: readonly string[];
  /** Called once no program can ask anything any more. */
  readonly over: () => void;
}

/** A mount's connection to the kernel: from mount to the last close of a file, which may come after unmount. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #session: FuseSession;
  readonly #nodes: NodeTable;
  readonly #grants: Grants;
  readonly #prefetch: Prefetch;
  readonly #listings = new Listings();
  readonly #ready = signal();
  #over: Promise<void> | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { fs, log, deadline, mountOptions } = options;
    this.#session = new FuseSession({ mountOptions, deadline, threads }, (...call) => handle(...call));
    const session = this.#session;
    this.#nodes = new NodeTable(fs);
    this.#grants = new Grants(session, fs);
    const listings = this.#listings;
    this.#prefetch = new Prefetch(session, options.source, this.#nodes);
    const operations = new Operations({
      session,
      fs,
      nodes: this.#nodes,
      listings,
      grants: this.#grants,
      prefetch: this.#prefetch,
    });
    const handle = dispatcher({
      session,
      operations,
      modifying: new Modifying({ session, fs, nodes: this.#nodes, listings }),
      nodes: this.#nodes,
      fs,
      log,
      ready: this.#ready.set,
      ended: () => void this.end(),
    });
  }

  /** @throws SherinError MOUNT_USED, TIMEOUT */
  async start(path: string): Promise<void> {
    try {
      this.#session.mount(Buffer.from(path));
    } catch (error) {
      throw new SherinError('MOUNT_USED', { path, part: 'libfuse could not mount there' }, { cause: error });
    }
    const { deadline } = this.#options;
    if ((await within(this.#ready.promise, deadline)) === undefined) {
      throw new SherinError('TIMEOUT', { what: 'the mount', seconds: deadline / 1000 });
    }
  }

  /** Drops what the kernel caches and takes back what the addon reads by itself. */
  drop(what: Invalidation): Promise<void> {
    this.#listings.changed();
    if (what === 'all') {
      this.#prefetch.dropAll();
      this.#grants.takeAll();
      return this.#session.invalidate(null, []);
    }
    for (const handle of this.#options.fs.handlesOf(what.inodes)) this.#grants.take(handle);
    const nodes = what.inodes.map((ino) => this.#nodes.numberOf(ino));
    this.#prefetch.drop(nodes);
    const names = (what.names ?? []).map(({ parent, name }) => ({
      parent: this.#nodes.numberOf(parent),
      name,
    }));
    return this.#session.invalidate(nodes, names);
  }

  /** Takes back what the addon reads of an inode by itself, and waits for what is on its way to the kernel. */
  async quiesce(ino: number): Promise<void> {
    for (const handle of this.#options.fs.handlesOf([ino])) this.#grants.take(handle);
    this.#prefetch.drop([this.#nodes.numberOf(ino)]);
    await this.#session.settle();
  }

  /** As MountDriver.holds. */
  holds(ino: number): boolean {
    return this.#session.knows(this.#nodes.numberOf(ino));
  }

  /** As MountDriver.late. */
  late(late: boolean): void {
    this.#session.setLate(late);
  }

  /** Ends the session's threads. */
  end(): Promise<void> {
    const over = this.#over ?? this.#session.end().then(() => this.#options.over());
    this.#over = over;
    return over;
  }
}

function signal(): { readonly promise: Promise<true>; readonly set: () => void } {
  let set = (): void => undefined;
  const promise = new Promise<true>((resolve) => {
    set = () => resolve(true);
  });
  return { promise, set };
}
