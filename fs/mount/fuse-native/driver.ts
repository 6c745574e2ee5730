/** The fuse-native driver: libfuse 2.9 through npm, one JavaScript thread for every request. */
import { SherinError } from '../../../common/errors.js';
import { system } from '../../../native/index.js';
import {
  type DriverOptions,
  type Invalidation,
  kernelLetsIn,
  type MountDriver,
  type MountLogger,
} from '../driver.js';
import { FileSystem } from '../file-system.js';
import { fusermountPath } from '../point/fusermount.js';
import { checkAllowOther, checkDevice, prepareMountPoint } from '../point/mount-point.js';
import { mountsAt } from '../point/mount-table.js';
import { MountWatch } from '../point/mount-watch.js';
import type { Changes, MountSource } from '../source.js';
import { within } from '../within.js';
import { Attached } from './attached.js';
import { type Fuse, type FuseBinding, loadBinding } from './binding.js';
import { Connection } from './connection.js';
import { Deadlines } from './deadlines.js';
import { makeFuseMount } from './fuse-mount.js';
import { KernelKnowledge } from './kernel-knowledge.js';
import { fuseNativeLimits, maxRead } from './limits.js';
import { Modifying } from './modifying.js';
import { Operations } from './operations.js';
import { ScratchPool } from './scratch.js';

const defaultDeadline = 30_000;
/** Reads that may wait at one time: 256 buffers of 128 KiB are 32 MiB. */
const scratchLimit = 256;
const scratchKept = 16;

export interface FuseNativeOptions extends DriverOptions {
  readonly source: MountSource;
  readonly log: MountLogger;
}

export class FuseNativeDriver implements MountDriver {
  readonly limits = fuseNativeLimits;
  readonly tellsEnd = false;
  readonly #options: FuseNativeOptions;
  readonly #fs: FileSystem;
  readonly #known = new KernelKnowledge(fuseNativeLimits.attributeTimeout);
  #binding: FuseBinding | null = null;
  #mounted: Attached | null = null;
  #watch: MountWatch | null = null;
  /** Detached under open files, which still read and are cached. */
  #detached: readonly Attached[] = [];

  constructor(options: FuseNativeOptions) {
    this.#options = options;
    this.#fs = new FileSystem(options.source, {
      listIds: options.listIds,
      shared: options.allowOther,
      callersUnknown: options.allowOther,
      attributeTimeout: fuseNativeLimits.attributeTimeout,
      quiesce: async () => undefined, // every read comes to us
    });
  }

  get attached(): boolean {
    return this.#mounted?.alive === true || this.#detached.some(({ alive }) => alive);
  }

  async mount(): Promise<void> {
    const { path, allowOther } = this.#options;
    this.#binding ??= loadBinding();
    const fusermount = fusermountPath();
    await checkDevice();
    if (allowOther) await checkAllowOther(path);
    const real = await prepareMountPoint(path);
    // Before there is a connection: a child inherits libfuse's descriptors, and with them the mount would outlive us.
    const watch = new MountWatch(real, fusermount);
    try {
      this.#mounted = await this.#connect(this.#binding, real, watch);
      this.#watch = watch;
    } catch (error) {
      watch.stop();
      throw error;
    }
  }

  async unmount(): Promise<{ lazy: boolean }> {
    const mounted = this.#mounted;
    if (mounted === null) return { lazy: false };
    const lazy = await mounted.detach();
    this.#mounted = null;
    this.#watch?.stop();
    this.#detached = this.#detached.filter(({ alive }) => alive);
    if (lazy) this.#detached = [...this.#detached, mounted];
    else if (this.#detached.length === 0) this.#fs.releaseAll();
    if (mounted.fuse._thread !== null) this.#binding?.release(mounted.path, mounted.fuse._thread);
    return { lazy };
  }

  async invalidate(what: Invalidation): Promise<void> {
    this.#fs.changed(what === 'all' ? what : what.inodes);
    if (what !== 'all' && !what.inodes.some((ino) => this.#known.mayHold(ino))) return;
    this.#fs.forget();
    this.#known.dropped(this.#fs.openInodes());
    const attached = this.#mounted === null ? this.#detached : [...this.#detached, this.#mounted];
    for (const mount of attached) await mount.drop(this.#known.greatestNode);
    this.#fs.forget();
  }

  /** Each open is decided. */
  moving(): void {}

  continueIn(changes: Changes): void {
    this.#fs.continueIn(changes);
  }

  settled(inodes: readonly number[]): void {
    this.#fs.changed(inodes);
  }

  /** Nobody tells what the kernel knows: what is open counts. */
  holds(ino: number): boolean {
    return this.#fs.handlesOf([ino]).length > 0;
  }

  /** Each close(2) asks all the same. */
  late(): void {}

  #scratchPool(): ScratchPool {
    return new ScratchPool({ size: maxRead, limit: scratchLimit, kept: scratchKept });
  }

  #mountOptions(): string {
    const seconds = fuseNativeLimits.attributeTimeout / 1000;
    const options = [
      'fsname=sherin',
      'subtype=sherin',
      'default_permissions',
      'use_ino',
      // Unlike kernel_cache it lets go of pages whose file has another time or size, as snapshots have.
      'auto_cache',
      `entry_timeout=${seconds}`,
      `attr_timeout=${seconds}`,
      `max_read=${maxRead}`,
      // Else a write is a page.
      'big_writes',
      // Else truncating at open is a request of its own.
      'atomic_o_trunc',
    ];
    // fusermount can only clear up after us where it may look at the mount itself.
    if (kernelLetsIn(this.#options)) options.push('allow_other', 'auto_unmount');
    return options.join(',');
  }

  async #connect(binding: FuseBinding, real: string, watch: MountWatch): Promise<Attached> {
    const fuse = makeFuseMount(binding.Fuse, real, {
      operations: new Operations(this.#fs, this.#scratchPool(), this.#known),
      modifying: new Modifying(this.#fs, this.#known),
      deadlines: new Deadlines(this.#options.deadline ?? defaultDeadline),
      logger: this.#options.log,
      options: this.#mountOptions(),
    });
    const before = system.fuseFds();
    await this.#attach(fuse, real);
    const device = (await mountsAt(real)).at(-1)?.device ?? -1;
    const connection = Connection.find(device, before);
    if (connection === undefined) {
      throw new SherinError('IO', { what: 'the mount', part: 'its descriptor is not there' });
    }
    watch.mounted(device);
    return new Attached(real, fuse, connection);
  }

  async #attach(fuse: Fuse, path: string): Promise<void> {
    const mounted = new Promise<true>((resolve, reject) => {
      fuse.mount((error) => {
        if (error === null) resolve(true);
        else reject(new SherinError('MOUNT_USED', { path, part: error.message }, { cause: error }));
      });
    });
    const seconds = defaultDeadline / 1000;
    if ((await within(mounted, defaultDeadline)) === undefined) {
      throw new SherinError('TIMEOUT', { what: 'the mount', seconds });
    }
  }
}
