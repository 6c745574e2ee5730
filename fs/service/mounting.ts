import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Invalidation, MountDriver } from '../mount/driver.js';
import { FuseNativeDriver } from '../mount/fuse-native/driver.js';
import { VaultSource } from './mount-source.js';
import type { VaultView } from './vault-view.js';

export interface MountRequest {
  readonly path: string;
  readonly allowOther: boolean;
  readonly listIds: boolean;
}

export interface Mounted {
  readonly path: string;
  readonly driver: string;
  readonly allowOther: boolean;
  readonly listIds: boolean;
}

/** At most one mount of the vault, and the kernel caches behind it. */
export class Mounting {
  readonly #vault: VaultView;
  readonly #log: Logger;
  #active: { readonly driver: MountDriver; readonly source: VaultSource; readonly info: Mounted } | null =
    null;

  /** Unmounted under open files. */
  readonly #detached: MountDriver[] = [];

  constructor(vault: VaultView, log: Logger) {
    this.#vault = vault;
    this.#log = log;
  }

  get mounted(): Mounted | null {
    return this.#active?.info ?? null;
  }

  /** @throws SherinError MOUNT_USED, TOOL_MISSING */
  async mount({ path, allowOther, listIds }: MountRequest): Promise<void> {
    if (this.#active !== null) {
      if (this.#active.info.path === path) return;
      throw new SherinError('MOUNT_USED', {
        path,
        part: `the vault is mounted at ${this.#active.info.path}`,
      });
    }
    const source = new VaultSource(this.#vault, allowOther);
    await source.start();
    const driver = new FuseNativeDriver({ source, path, allowOther, listIds, log: this.#log });
    try {
      await driver.mount();
    } catch (error) {
      source.stop();
      throw error;
    }
    this.#active = { driver, source, info: { path, driver: 'fuse-native', allowOther, listIds } };
  }

  /** Lazy when files are open. */
  async unmount(): Promise<{ lazy: boolean }> {
    if (this.#active === null) return { lazy: false };
    const { driver, source } = this.#active;
    this.#active = null;
    const result = await driver.unmount();
    // Files that are still open go on being served, and the kernel keeps pages of them.
    if (result.lazy) this.#detached.push(driver);
    else source.stop();
    return result;
  }

  /** Answers when the kernel has dropped pages and attributes, of detached mounts, too. */
  async invalidate(what: Invalidation): Promise<void> {
    const drivers = [...this.#detached, ...(this.#active === null ? [] : [this.#active.driver])];
    for (const driver of drivers) await driver.invalidate(what);
  }
}
