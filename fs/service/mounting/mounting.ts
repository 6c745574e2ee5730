import { SherinError, systemCode } from '../../../common/errors.js';
import type { Logger } from '../../../common/log.js';
import { Turns } from '../../../common/turns.js';
import type { Mutation } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { DriverName, Invalidation, MountDriver } from '../../mount/driver.js';
import { FuseNativeDriver } from '../../mount/fuse-native/driver.js';
import type { HandedConnection } from '../../mount/handed.js';
import { NativeDriver } from '../../mount/native/driver.js';
import type { Changes } from '../../mount/source.js';
import type { Moved } from '../../writing/moved-by.js';
import type { VaultView } from '../session/vault-view.js';
import type { Standing } from '../standing.js';
import { invalidationOf } from './invalidation-of.js';
import { VaultSource } from './mount-source.js';
import { ToldTogether } from './told-together.js';

export interface MountRequest {
  readonly path: string;
  readonly driver: DriverName;
  readonly allowOther: boolean;
  readonly listIds: boolean;
}

export type Mounted = MountRequest;

/** A mount that takes no requests. */
export interface HandingMount {
  readonly info: Mounted;
  /** What another process needs to go on with it. @throws SherinError UPGRADE_REFUSED */
  readonly hand: () => ReturnType<NativeDriver['hand']>;
}

/** A mount of the tree as it was. */
export interface PastMount {
  readonly path: string;
  /** What was committed before counts; nanoseconds since 1970. */
  readonly end: bigint;
}

interface Attached {
  readonly driver: MountDriver;
  readonly source: VaultSource;
  /** Of the past it shows; null: the present. */
  readonly end: bigint | null;
}

/** Each time keeps a tree in memory. */
const mostPast = 8;

const drivers = { native: NativeDriver, 'fuse-native': FuseNativeDriver } as const;

/** At most one mount of the vault, some of its past, and the kernel caches behind them. Mounting and unmounting go one after another. */
export class Mounting {
  readonly #vault: VaultView;
  readonly #log: Logger;
  readonly #standing: Pick<Standing, 'lapse'>;
  readonly #changed: (mounted: boolean) => void;
  #active: (Attached & { readonly info: Mounted }) | null = null;
  /** Programs may use it before `mount` has come to its end. */
  #starting: Attached | null = null;
  /** By path. */
  readonly #past = new Map<string, Attached & { readonly info: PastMount }>();
  /** Unmounted under open files, which go on being served and cached. */
  readonly #detached = new Set<Attached>();
  readonly #turns = new Turns();
  readonly #others = new ToldTogether((what) =>
    Promise.allSettled(this.#ofPresent().map(({ driver }) => driver.invalidate(what))),
  );

  /** @param changed told when the vault is mounted, or is so no more; one that is handed over stays as it is */
  constructor(
    vault: VaultView,
    log: Logger,
    standing: Pick<Standing, 'lapse'>,
    changed: (mounted: boolean) => void,
  ) {
    this.#vault = vault;
    this.#log = log;
    this.#standing = standing;
    this.#changed = changed;
  }

  get mounted(): Mounted | null {
    this.#prune();
    return this.#active?.info ?? null;
  }

  /** Whether an end of the mount that somebody else makes is told at once, where it counts who may come in there. */
  get tellsEnd(): boolean {
    return this.#active === null || !this.#active.info.allowOther || this.#active.driver.tellsEnd;
  }

  get past(): readonly PastMount[] {
    this.#prune();
    return [...this.#past.values()].map(({ info }) => info);
  }

  /** Shows the tree as it was before a time, read-only, beside the vault's own mount. @throws SherinError MOUNT_USED, TOOL_MISSING, USAGE */
  mountPast(info: PastMount): Promise<PastMount> {
    return this.#turns.run(() => this.#mountPast(info));
  }

  /** @throws SherinError MOUNT_USED, TOOL_MISSING */
  mount(request: MountRequest): Promise<void> {
    return this.#turns.run(() => this.#mount(request));
  }

  /** Lazy when files are open. @throws SherinError IO: then it is still mounted */
  unmount(): Promise<{ lazy: boolean }> {
    return this.#turns.run(() => this.#unmount());
  }

  /** As {@link unmount}, of a mount of the past; undefined where there is none at the path. */
  unmountPast(path: string): Promise<{ lazy: boolean } | undefined> {
    return this.#turns.run(() => this.#unmountPast(path));
  }

  /** Answers when the kernel has dropped pages and attributes, of detached mounts, too. */
  async invalidate(what: Invalidation): Promise<void> {
    this.#prune();
    const all = [...this.#detached, ...this.#past.values(), this.#active, this.#starting];
    const attached = all.filter((each) => each !== null);
    const dropped = await Promise.allSettled(attached.map(({ driver }) => driver.invalidate(what)));
    for (const result of dropped) if (result.status === 'rejected') throw result.reason;
  }

  /** Files lie elsewhere from now on: whether they open without a decision is decided anew. */
  moving(files: Moved): void {
    for (const attached of [...this.#detached, this.#active, this.#starting]) attached?.driver.moving(files);
  }

  /**
   * Of each mount the kernel keeps what it knows for itself. Where there is more than one of the present, whoever changes something by way of one of them
   * has all of them forget it.
   */
  changing(tree: Tree, mutations: readonly Mutation[]): void {
    if (this.#isOneOfMany()) this.#others.soon(invalidationOf(tree, mutations));
  }

  /** As {@link changing}, of the content of a file, or of what has no name. */
  written(ino: number): void {
    if (this.#isOneOfMany()) this.#others.soon({ inodes: [ino] });
  }

  /** The kernel has pages and a size that are not the file's, of however many mounts. */
  misplaced(ino: number): void {
    this.#others.soon({ inodes: [ino] });
  }

  /** The vault is open again: who has kept a file open to write to it writes through these changes, which know of it before anybody reads. */
  continueIn(changes: Changes): void {
    for (const attached of [...this.#detached, this.#active, this.#starting])
      attached?.driver.continueIn(changes);
  }

  /** The content of these files is as in their last version again: it may be read without asking us. */
  settled(inodes: readonly number[]): void {
    for (const attached of [...this.#detached, this.#active, this.#starting])
      attached?.driver.settled(inodes);
  }

  /** Sealing has failed, and closing a file may have to tell of it; or all is well again. */
  late(late: boolean): void {
    for (const attached of [...this.#detached, this.#active, this.#starting]) attached?.driver.late(late);
  }

  /** A program may still ask for an inode that has no name any more. */
  holds(ino: number): boolean {
    return [...this.#detached, this.#active, this.#starting].some((attached) => attached?.driver.holds(ino));
  }

  /** Work in the background fails, for the first time since it last succeeded. */
  failing(what: string, error: unknown): void {
    // The message of an error may hold names.
    const code = error instanceof SherinError ? error.code : (systemCode(error) ?? 'unknown');
    this.#log.error({ code }, `${what} fails`);
  }

  /**
   * Runs a step while the mount takes no requests, which wait in the kernel: for the process that the step hands it to, or, where it
   * throws, for this one. `lost`: nobody will answer them, and whoever watches over the mount is to clear it.
   * @throws SherinError UPGRADE_REFUSED: it can not be handed over as it is; what the step throws
   */
  handingOver(step: (mount: HandingMount | null) => Promise<'handed' | 'lost'>): Promise<void> {
    return this.#turns.run(async () => {
      this.#prune();
      if (this.#past.size > 0 || this.#detached.size > 0)
        throw new SherinError('UPGRADE_REFUSED', { part: 'there are mounts beside that of the vault' });
      const active = this.#active;
      if (active === null) return void (await step(null));
      const { driver, info } = active;
      if (!(driver instanceof NativeDriver))
        throw new SherinError('UPGRADE_REFUSED', {
          part: `the driver ${info.driver} can not hand a mount over`,
        });
      await driver.pause();
      try {
        if ((await step({ info, hand: () => driver.hand() })) === 'handed') driver.leave();
      } catch (error) {
        driver.resume();
        throw error;
      }
      // Whoever unmounts now means another's.
      this.#become(null);
    });
  }

  /** Takes over what another process has handed; programs are answered once the result was called. @throws SherinError UPGRADE_REFUSED */
  adopt(info: Mounted, real: string, device: number, state: HandedConnection): Promise<() => void> {
    return this.#turns.run(async () => {
      const source = new VaultSource(this.#vault, info.allowOther, null);
      const driver = new NativeDriver({ source, ...info, log: this.#log, over: this.#over });
      await source.start();
      await driver.adopt(real, device, state);
      this.#become({ driver, source, end: null, info });
      return () => driver.resume();
    });
  }

  /** Mounts of the present that programs may use. */
  #ofPresent(): readonly Attached[] {
    const all = [...this.#detached, this.#active, this.#starting].filter((each) => each !== null);
    return all.filter(({ driver, end }) => end === null && driver.attached);
  }

  #isOneOfMany(): boolean {
    return this.#detached.size > 0 && this.#ofPresent().length > 1;
  }

  readonly #over = (): void => this.#standing.lapse();

  /** Who comes in there is another question from now on. */
  #become(active: (Attached & { readonly info: Mounted }) | null): void {
    this.#standing.lapse();
    this.#active = active;
  }

  async #mount(request: MountRequest): Promise<void> {
    this.#prune();
    const { path } = request;
    if (this.#active !== null) {
      const { info } = this.#active;
      if (info.path === path && info.driver === request.driver) return;
      const part =
        info.path === path
          ? `it is mounted there with the driver ${info.driver}`
          : `the vault is mounted at ${info.path}`;
      throw new SherinError('MOUNT_USED', { path, part });
    }
    this.#become({ ...(await this.#attach(request, null)), info: request });
    this.#changed(true);
  }

  async #mountPast({ path, end: wanted }: PastMount): Promise<PastMount> {
    this.#prune();
    const session = await this.#vault.unlocked();
    // A time that has not come yet would show whatever is there when somebody looks first.
    const last = session.manifest.head.time + 1n;
    const info = { path, end: wanted < last ? wanted : last };
    const known = this.#past.get(path);
    if (known?.info.end === info.end) return info;
    if (known !== undefined)
      throw new SherinError('MOUNT_USED', { path, part: 'another time is mounted there' });
    const kept = [...this.#past.values(), ...this.#detached].filter(({ end }) => end !== null);
    if (kept.length >= mostPast)
      throw new SherinError('USAGE', { what: `${mostPast} mounts of the past are in use already` });
    // A time that can not be shown is told now, not by the first program that looks.
    await session.past.at(info.end);
    const request = { path, driver: 'native', allowOther: false, listIds: false } as const;
    this.#past.set(path, { ...(await this.#attach(request, info.end)), info });
    return info;
  }

  async #attach({ driver: name, ...request }: MountRequest, end: bigint | null): Promise<Attached> {
    const source = new VaultSource(this.#vault, request.allowOther, end);
    const driver = new drivers[name]({ source, ...request, log: this.#log, over: this.#over });
    const attached = { driver, source, end };
    this.#starting = attached;
    try {
      await source.start();
      await driver.mount();
      return attached;
    } catch (error) {
      this.#starting = null;
      this.#release(attached);
      throw error;
    } finally {
      this.#starting = null;
    }
  }

  async #unmount(): Promise<{ lazy: boolean }> {
    if (this.#active === null) return { lazy: false };
    const active = this.#active;
    const result = await active.driver.unmount();
    this.#become(null);
    this.#changed(false);
    this.#detached.add(active);
    this.#prune();
    return result;
  }

  async #unmountPast(path: string): Promise<{ lazy: boolean } | undefined> {
    this.#prune();
    const past = this.#past.get(path);
    if (past === undefined) return undefined;
    const result = await past.driver.unmount();
    this.#past.delete(path);
    this.#detached.add(past);
    this.#prune();
    return result;
  }

  /** Lets go of mounts whose last file was closed, and of those that somebody else has undone. */
  #prune(): void {
    if (this.#active !== null && !this.#active.driver.attached) {
      const active = this.#active;
      this.#become(null);
      this.#changed(false);
      this.#clear(active);
    }
    for (const [path, past] of this.#past) {
      if (past.driver.attached) continue;
      this.#past.delete(path);
      this.#clear(past);
    }
    for (const attached of this.#detached) {
      if (attached.driver.attached) continue;
      this.#detached.delete(attached);
      this.#release(attached);
    }
  }

  #clear(attached: Attached): void {
    this.#release(attached);
    attached.driver
      .unmount()
      .catch((error: unknown) => this.#log.error({ err: error }, 'clearing up a mount failed'));
  }

  /** Its tree goes when no other mount shows it. */
  #release({ source, end }: Attached): void {
    source.stop();
    const others = [...this.#past.values(), ...this.#detached, this.#starting].filter(
      (each) => each !== null,
    );
    if (end !== null && others.every((other) => other.end !== end)) this.#vault.current()?.past.drop(end);
  }
}
