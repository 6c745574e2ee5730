import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { FuseSession } from '../../../native/index.js';
import type { Invalidation, MountLogger } from '../driver.js';
import type { FileSystem } from '../file-system.js';
import type { HandedConnection, HandingConnection } from '../handed.js';
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
/** Milliseconds for the answers that are due when a connection is paused. */
const pausePatience = 10_000;

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
    } finally {
      this.#logSaid(path);
    }
    const { deadline } = this.#options;
    if ((await within(this.#ready.promise, deadline)) === undefined) {
      throw new SherinError('TIMEOUT', { what: 'the mount', seconds: deadline / 1000 });
    }
  }

  /**
   * Takes no more requests: those that come wait in the kernel. Resolves when all that were taken are answered and nothing is on its way to
   * the kernel's caches; nothing is read without JavaScript from then on.
   * @throws SherinError UPGRADE_REFUSED: some are not answered in time; it goes on as before
   */
  async pause(): Promise<void> {
    this.#takeAllBack();
    try {
      // Of what waits for pages that a read has locked: before that read would have to wait for us.
      await this.#settled();
      await this.#session.pause();
      const end = performance.now() + pausePatience;
      while (!this.#session.idle()) {
        if (performance.now() > end) throw unanswered();
        await sleep(1);
      }
      await this.#settled();
    } catch (error) {
      this.#session.resume();
      throw error;
    }
    this.#session.deliver();
    this.#takeAllBack();
  }

  /** Goes on after {@link pause} or {@link adopt}. */
  resume(): void {
    this.#session.resume();
  }

  /** What another process needs to go on with it, while it is paused. @throws SherinError UPGRADE_REFUSED */
  hand(): { readonly device: number; readonly state: HandingConnection } {
    const { request, answer, lookups, nextHandle } = this.#session.state();
    const bytes = Buffer.from(lookups.buffer, lookups.byteOffset, lookups.byteLength);
    const state = {
      request: request.toString('base64'),
      answer: answer.toString('base64'),
      lookups: bytes.toString('base64'),
      nextHandle,
      generated: this.#nodes.hand(),
      files: this.#options.fs.handFiles(),
      listings: this.#listings.hand(),
    };
    return { device: this.#session.device(), state };
  }

  /** In place of {@link start}: takes over what another process has handed. @throws SherinError UPGRADE_REFUSED; of the source */
  async adopt(device: number, state: HandedConnection): Promise<void> {
    const { fs } = this.#options;
    const { request, answer, lookups, nextHandle } = state;
    const numbers = new Float64Array(new Uint8Array(lookups).buffer);
    try {
      this.#session.adopt(device, { request, answer, lookups: numbers, nextHandle });
    } catch (error) {
      const part = 'the new program goes by other parameters of the mount';
      throw new SherinError('UPGRADE_REFUSED', { part }, { cause: error });
    }
    for (const [number, place] of state.generated) {
      const node = await fs.nodeNamed(place);
      if (node !== undefined) this.#nodes.restore(number, node);
    }
    await fs.restoreFiles(state.files);
    for (const { handle, entries } of state.listings)
      this.#listings.restore(
        handle,
        entries.map(([name, ino, kind]) => ({ name, ino, kind })),
      );
  }

  /** What was prepared of these is opened no more. Who has opened it so far is heard of by that, and a read may come with it. */
  withdraw(what: Invalidation): void {
    if (what === 'all') this.#prefetch.dropAll();
    else this.#prefetch.drop(what.inodes.map((ino) => this.#nodes.numberOf(ino)));
  }

  /** The addon reads these by itself no more. */
  takeBack(what: Invalidation): void {
    if (what === 'all') this.#grants.takeAll();
    else for (const handle of this.#options.fs.handlesOf(what.inodes)) this.#grants.take(handle);
  }

  /** Drops what the kernel caches, once nothing is read without JavaScript. */
  drop(what: Invalidation): Promise<void> {
    this.#listings.changed();
    if (what === 'all') return this.#session.invalidate(null, []);
    const nodes = what.inodes.map((ino) => this.#nodes.numberOf(ino));
    const names = (what.names ?? []).map(({ parent, name }) => ({
      parent: this.#nodes.numberOf(parent),
      name,
    }));
    return this.#session.invalidate(nodes, names);
  }

  /** As MountDriver.moving. */
  moving(files: readonly number[] | 'all'): void {
    this.#prefetch.moving(files);
  }

  /** Waits for what is on its way to the kernel. */
  settle(): Promise<void> {
    return this.#session.settle();
  }

  /** Everything is read by way of JavaScript, until it is granted anew. */
  #takeAllBack(): void {
    this.withdraw('all');
    this.takeBack('all');
  }

  /** @throws SherinError UPGRADE_REFUSED */
  async #settled(): Promise<void> {
    const settled = this.#session.settle().then(() => true);
    if ((await within(settled, pausePatience)) === undefined) throw unanswered();
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
    const over =
      this.#over ??
      this.#session.end().then(() => {
        this.#logSaid();
        this.#options.over();
      });
    this.#over = over;
    return over;
  }

  /** What libfuse had to say. @param path that is not to stand in the log */
  #logSaid(path = ''): void {
    for (const line of FuseSession.said())
      this.#options.log.warn(
        { said: path === '' ? line : line.replaceAll(path, '…') },
        'libfuse says something',
      );
  }
}

function unanswered(): SherinError {
  const part = `requests of the mount are not answered within ${pausePatience / 1000} s`;
  return new SherinError('UPGRADE_REFUSED', { part });
}

function signal(): { readonly promise: Promise<true>; readonly set: () => void } {
  let set = (): void => undefined;
  const promise = new Promise<true>((resolve) => {
    set = () => resolve(true);
  });
  return { promise, set };
}
