/** A vault that is mounted for everybody, for suites that run in any directory. */
import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ControlParams } from '../../daemon/protocol/control.js';
import { Machine } from './machine.js';

export type Driver = NonNullable<ControlParams<'mount'>['driver']>;

export class OpenVault {
  readonly machine = Machine.empty();
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** The directory that programs write to. */
  get files(): string {
    return join(this.machine.mount, 'files');
  }

  start(): void {
    // Other users are to reach the mount.
    chmodSync(this.machine.home, 0o755);
    this.machine.ok('init', '--yes', '--no-pin', '--recovery-out', this.machine.recoveryFile);
    this.up();
  }

  /** Mounts it once more, as after {@link Machine.killFs}. */
  up(): void {
    this.machine.ok('up', '--driver', this.#driver, '--allow-other');
  }

  /** Seals everything, wipes keys and caches, and takes the keys again; files that are open stay so. */
  async lockAndUnlock(): Promise<void> {
    await this.machine.call('lock', {});
    await this.machine.call('unlock', { slot: 'tpm' });
  }

  /** The kernel lets go of pages, names and attributes that nobody uses; as root alone. */
  dropCaches(): void {
    if (process.geteuid?.() === 0) writeFileSync('/proc/sys/vm/drop_caches', '3');
  }

  /** Ends sherin-fs as a power cut would, once everything below `files` is durable, and mounts it once more. */
  async killAndMount(): Promise<void> {
    syncTree(Buffer.from(this.files));
    await this.machine.killFs();
    this.up();
  }

  end(): void {
    this.machine.end();
  }
}

/** fsync(2) of directories and files; others are names in their directories only. */
function syncTree(path: Buffer): void {
  const stat = lstatSync(path);
  if (!stat.isFile() && !stat.isDirectory()) return;
  const fd = openSync(path, constants.O_RDONLY);
  fsyncSync(fd);
  closeSync(fd);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    syncTree(Buffer.concat([path, Buffer.from('/'), name]));
  }
}
