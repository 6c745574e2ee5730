/** The native driver: libfuse 3 in the addon, whose threads answer reads without JavaScript. */
import { writeFile } from 'node:fs/promises';
import { SherinError } from '../../../common/errors.js';
import {
  type DriverOptions,
  type Invalidation,
  kernelLetsIn,
  type MountDriver,
  type MountLogger,
} from '../driver.js';
import { FileSystem } from '../file-system.js';
import type { HandedConnection } from '../handed.js';
import { detach } from '../point/detach.js';
import { fusermountPath } from '../point/fusermount.js';
import { checkAllowOther, checkDevice, prepareMountPoint } from '../point/mount-point.js';
import { mountsAt } from '../point/mount-table.js';
import { MountWatch } from '../point/mount-watch.js';
import type { Changes, MountSource } from '../source.js';
import { within } from '../within.js';
import { Connection } from './connection.js';
import { nativeLimits } from './limits.js';

const defaultDeadline = 30_000;
/** What an unmount waits for the end of its threads. */
const endPatience = 10_000;
/** KiB that the kernel reads ahead of a sequential reader, in several requests at a time. */
const readAhead = 1024;

export interface NativeOptions extends DriverOptions {
  readonly source: MountSource;
  readonly log: MountLogger;
}

export class NativeDriver implements MountDriver {
  readonly limits = nativeLimits;
  readonly tellsEnd = true;
  readonly #options: NativeOptions;
  readonly #fs: FileSystem;
  #mounted: { readonly path: string; readonly connection: Connection; readonly watch: MountWatch } | null =
    null;
  /** Taken over, and not watched over yet. */
  #adopted: { readonly path: string; readonly connection: Connection; readonly minor: number } | null = null;
  /** Every connection that is not over: of the mount, and of those detached under open files. */
  readonly #connections = new Set<Connection>();

  constructor(options: NativeOptions) {
    this.#options = options;
    this.#fs = new FileSystem(options.source, {
      listIds: options.listIds,
      shared: options.allowOther,
      callersUnknown: false,
      attributeTimeout: 0, // what generated files show is never kept
      quiesce: async (ino) => {
        this.#takeBack({ inodes: [ino] });
        await Promise.all([...this.#connections].map((connection) => connection.settle()));
      },
    });
  }

  get attached(): boolean {
    return this.#connections.size > 0;
  }

  async mount(): Promise<void> {
    const { path, allowOther } = this.#options;
    const fusermount = fusermountPath();
    await checkDevice();
    if (allowOther) await checkAllowOther(path);
    const real = await prepareMountPoint(path);
    const watch = new MountWatch(real, fusermount);
    const connection = this.#connect();
    try {
      await connection.start(real);
    } catch (error) {
      watch.stop();
      await connection.end();
      throw error;
    }
    this.#mounted = { path: real, connection, watch };
    try {
      const device = (await mountsAt(real)).at(-1)?.device;
      if (device === undefined) {
        throw new SherinError('MOUNT_USED', { path: real, part: 'it was unmounted at once' });
      }
      watch.mounted(device);
      await raiseReadAhead(device);
    } catch (error) {
      await this.unmount();
      throw error;
    }
  }

  /** As Connection.pause; a mount that is detached under open files can not be handed. @throws SherinError UPGRADE_REFUSED */
  async pause(): Promise<void> {
    const connection = this.#mounted?.connection;
    if (connection === undefined || this.#connections.size > 1)
      throw new SherinError('UPGRADE_REFUSED', { part: 'a mount was undone under open files' });
    await connection.pause();
  }

  /** As Connection.hand, with where the mount is: nobody may ask the file system for that while it is paused. */
  hand(): ReturnType<Connection['hand']> & { readonly real: string } {
    if (this.#mounted === null) throw new SherinError('UPGRADE_REFUSED', { part: 'it is not mounted' });
    const { path: real, connection } = this.#mounted;
    return { real, ...connection.hand() };
  }

  /** Goes on after {@link pause}; what was open is opened again. Or begins after {@link adopt}. */
  resume(): void {
    // Not before: the mount of the process that goes on, where this one is killed, is not to be cleared.
    if (this.#adopted !== null) {
      const { path, connection, minor } = this.#adopted;
      const watch = new MountWatch(path, fusermountPath());
      watch.mounted(minor);
      this.#mounted = { path, connection, watch };
      this.#adopted = null;
    }
    this.#fs.changed('all');
    this.#mounted?.connection.resume();
  }

  /** Another process has the mount, and watches over it. */
  leave(): void {
    this.#mounted?.watch.stop();
  }

  /** In place of {@link mount}, of a mount that another process hands over: it waits for {@link resume}. @throws SherinError as {@link mount}; UPGRADE_REFUSED */
  async adopt(path: string, device: number, state: HandedConnection): Promise<void> {
    const minor = (await mountsAt(path)).at(-1)?.device;
    if (minor === undefined) throw new SherinError('UPGRADE_REFUSED', { part: `${path} is not mounted` });
    const connection = this.#connect();
    await connection.adopt(device, state);
    this.#adopted = { path, connection, minor };
  }

  async unmount(): Promise<{ lazy: boolean }> {
    if (this.#mounted === null) return { lazy: false };
    const { path, connection, watch } = this.#mounted;
    const how = await detach(path);
    this.#mounted = null;
    watch.stop();
    if (how === 'lazy') return { lazy: true };
    // A read that hangs in a disk is no program's any more, but keeps its thread.
    await within(connection.end(), endPatience);
    if (this.#connections.size === 0) this.#fs.releaseAll();
    return { lazy: false };
  }

  async invalidate(what: Invalidation): Promise<void> {
    this.#takeBack(what);
    this.#fs.forget();
    await Promise.all([...this.#connections].map((connection) => connection.drop(what)));
    this.#fs.forget();
  }

  moving(files: readonly number[] | 'all'): void {
    for (const connection of this.#connections) connection.moving(files);
  }

  continueIn(changes: Changes): void {
    this.#fs.continueIn(changes);
  }

  settled(inodes: readonly number[]): void {
    this.#fs.changed(inodes);
  }

  /** Until the kernel has forgotten it. */
  holds(ino: number): boolean {
    return [...this.#connections].some((connection) => connection.holds(ino));
  }

  late(late: boolean): void {
    for (const connection of this.#connections) connection.late(late);
  }

  /**
   * Nothing of these is read without JavaScript any more, and who has them open goes on with what they are from now on. That counts for whoever has opened
   * what was prepared, too, of whom only the withdrawal tells; and what a read that comes with it is granted is taken back.
   */
  #takeBack(what: Invalidation): void {
    for (const connection of this.#connections) connection.withdraw(what);
    this.#fs.changed(what === 'all' ? what : what.inodes);
    for (const connection of this.#connections) connection.takeBack(what);
  }

  #connect(): Connection {
    const connection = new Connection({
      fs: this.#fs,
      source: this.#options.source,
      log: this.#options.log,
      deadline: this.#options.deadline ?? defaultDeadline,
      mountOptions: this.#mountOptions(),
      over: () => this.#over(connection),
    });
    this.#connections.add(connection);
    return connection;
  }

  /** Somebody else may have undone the mount. */
  #over(connection: Connection): void {
    this.#options.over?.();
    this.#connections.delete(connection);
    if (this.#mounted?.connection !== connection) return;
    this.#mounted.watch.stop();
    this.#mounted = null;
  }

  #mountOptions(): readonly string[] {
    const options = ['fsname=sherin', 'subtype=sherin', 'default_permissions'];
    return kernelLetsIn(this.#options) ? [...options, 'allow_other'] : options;
  }
}

/** Root alone may; without it the kernel reads 128 KiB ahead, and the addon asks the disk for more. */
async function raiseReadAhead(device: number): Promise<void> {
  await writeFile(`/sys/class/bdi/0:${device}/read_ahead_kb`, String(readAhead)).catch(() => undefined);
}
