import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { DriverName, Invalidation, MountDriver } from '../mount/driver.js';
import { FuseNativeDriver } from '../mount/fuse-native/driver.js';
import { NativeDriver } from '../mount/native/driver.js';
import { VaultSource } from './mount-source.js';
import type { VaultView } from './vault-view.js';

export interface MountRequest {
  readonly path: string;
  readonly driver: DriverName;
  readonly allowOther: boolean;
  readonly listIds: boolean;
}

export type Mounted = MountRequest;

interface Attached {
  readonly driver: MountDriver;
  readonly source: VaultSource;
}

const drivers = { native: NativeDriver, 'fuse-native': FuseNativeDriver } as const;

/** At most one mount of the vault, and the kernel caches behind it. Mounting and unmounting go one after another. */
export class Mounting {
  readonly #vault: VaultView;
  readonly #log: Logger;
  #active: (Attached & { readonly info: Mounted }) | null = null;
  /** Programs may use it before `mount` has come to its end. */
  #starting: Attached | null = null;
  /** Unmounted under open files, which go on being served and cached. */
  readonly #detached = new Set<Attached>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(vault: VaultView, log: Logger) {
    this.#vault = vault;
    this.#log = log;
  }

  get mounted(): Mounted | null {
    this.#prune();
    return this.#active?.info ?? null;
  }

  /** @throws SherinError MOUNT_USED, TOOL_MISSING */
  mount(request: MountRequest): Promise<void> {
    return this.#inTurn(() => this.#mount(request));
  }

  /** Lazy when files are open. @throws SherinError IO: then it is still mounted */
  unmount(): Promise<{ lazy: boolean }> {
    return this.#inTurn(() => this.#unmount());
  }

  /** Answers when the kernel has dropped pages and attributes, of detached mounts, too. */
  async invalidate(what: Invalidation): Promise<void> {
    this.#prune();
    const attached = [...this.#detached, this.#active, this.#starting].filter((each) => each !== null);
    const dropped = await Promise.allSettled(attached.map(({ driver }) => driver.invalidate(what)));
    for (const result of dropped) if (result.status === 'rejected') throw result.reason;
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
    const source = new VaultSource(this.#vault, request.allowOther);
    await source.start();
    const { allowOther, listIds } = request;
    const driver = new drivers[request.driver]({ source, path, allowOther, listIds, log: this.#log });
    this.#starting = { driver, source };
    try {
      await driver.mount();
      this.#active = { driver, source, info: request };
    } catch (error) {
      source.stop();
      throw error;
    } finally {
      this.#starting = null;
    }
  }

  async #unmount(): Promise<{ lazy: boolean }> {
    if (this.#active === null) return { lazy: false };
    const { driver, source } = this.#active;
    const result = await driver.unmount();
    this.#active = null;
    this.#detached.add({ driver, source });
    this.#prune();
    return result;
  }

  /** Lets go of mounts whose last file was closed, and of one that somebody else has undone. */
  #prune(): void {
    if (this.#active !== null && !this.#active.driver.attached) {
      const { driver, source } = this.#active;
      this.#active = null;
      source.stop();
      driver
        .unmount()
        .catch((error: unknown) => this.#log.error({ err: error }, 'clearing up a mount failed'));
    }
    for (const attached of this.#detached) {
      if (attached.driver.attached) continue;
      attached.source.stop();
      this.#detached.delete(attached);
    }
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(step);
    this.#turn = run.catch(() => undefined);
    return run;
  }
}
