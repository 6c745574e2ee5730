/** A vault of its own behind a service, without a mount, changed as a mount would. */
import { readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeLogger } from '../../common/log.js';
import type { Peer } from '../../native/ipc.js';
import { backup } from '../backup/backup.js';
import { BackupDirectory } from '../backup/backup-directory.js';
import { restoreBackup } from '../backup/restore-backup.js';
import { rootInode } from '../manifest/records.js';
import { attributesOf } from '../manifest/tree.js';
import { make } from '../mount/changes/names.js';
import { openLocked } from '../vault/open.js';
import { type OwnVault, ownVault } from './own-vault.fixture.js';
import { VaultService } from './service.js';
import { RollbackGuard } from './session/rollback-guard.js';
import type { Session } from './session/session.js';

export const peer: Peer = {
  ...{ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: process.pid, groups: [] },
};

export class ServedVault {
  readonly service: VaultService;
  readonly #home: string;
  readonly #where: OwnVault['where'];
  readonly #vault: string;

  private constructor({ service, home, where }: OwnVault) {
    this.service = service;
    this.#home = home;
    this.#where = where;
    this.#vault = where.vault;
  }

  static async start(): Promise<ServedVault> {
    return new ServedVault(await ownVault());
  }

  async end(): Promise<void> {
    await this.service.stop(null);
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Ends it, and begins with what is restored from a backup of it in its place. */
  async restored(): Promise<VaultService> {
    const { service } = this;
    await service.lock(peer);
    const [backedUp, path] = [join(this.#home, 'backup'), join(this.#home, 'restored')];
    const [copy, target] = [BackupDirectory.make(backedUp), BackupDirectory.make(path)];
    try {
      const source = { fd: service.vaultFd, path: this.#vault, publicKey: service.publicKey, served: false };
      await backup(source, copy, { recheck: false, prune: false, progress: () => undefined });
      await restoreBackup(copy, target, { remembered: () => service.publicKey, progress: () => undefined });
    } finally {
      copy.close();
      target.close();
    }
    await service.stop(null);
    rmSync(this.#vault, { recursive: true });
    renameSync(path, this.#vault);
    const log = makeLogger('test', { SHERIN_LOG: 'silent' });
    return new VaultService(await openLocked(this.#vault, this.#where), log, {
      wholeCube: false,
    });
  }

  /** All that is in memory comes from the disk again. */
  async reopen(): Promise<Session> {
    await this.service.lock(peer);
    await this.service.unlock({ slot: 'tpm', pin: null }, peer);
    return this.service.unlocked();
  }

  session(): Promise<Session> {
    return this.service.unlocked();
  }

  /** A program makes a file, writes to it and closes it. */
  async make(name: string, text: string): Promise<number> {
    const { changes } = await this.session();
    const ino = make(
      changes,
      { parent: rootInode, name: Buffer.from(name) },
      { kind: 'file', mode: 0o644 },
      peer,
    );
    changes.opened(ino);
    await this.write(ino, 0, text);
    changes.closed(ino);
    return ino;
  }

  async write(ino: number, offset: number, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const { changes } = await this.session();
    await changes.write(ino, offset, bytes.length, (from, length, target, at) => {
      bytes.copy(target, at, from, from + length);
    });
  }

  async chmod(ino: number, mode: number): Promise<void> {
    const { changes, tree } = await this.session();
    const inode = tree.inode(ino);
    if (inode === undefined) throw new Error('no such inode');
    changes.change([{ type: 'attributes', inode: ino, attributes: { ...attributesOf(inode), mode } }]);
  }

  async read(ino: number): Promise<string> {
    const session = await this.session();
    const object = session.tree.object(
      session.tree.objectOfFile(ino) ?? session.tree.inode(ino)?.object ?? 0,
    );
    const content = await session.openFile(ino, object ?? null, peer, session.tree);
    const bytes = Buffer.alloc(content.size);
    await content.read(0, bytes.length, bytes);
    content.close();
    return bytes.toString();
  }

  /** Cube files, those on their way out included. */
  cubes(): number {
    const names = readdirSync(join(this.#vault, 'cubes'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.cube')).length;
  }

  /** Changes a byte of what each cube holds. */
  damage(): void {
    const folder = join(this.#vault, 'cubes');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.cube')) continue;
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(join(folder, name), bytes);
    }
  }

  /** Files of the vault that this process has open. */
  openFiles(): string[] {
    const links = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        // That of the listing itself.
        return '';
      }
    });
    return links.filter((path) => path.startsWith(`${this.#vault}/`));
  }

  /** Runs a step each time that a commit has waited for the TPM, before it is made. @returns ends that */
  beforeCommits(step: (count: number) => unknown): () => void {
    const whole = RollbackGuard.prototype.beforeWrite;
    let count = 0;
    RollbackGuard.prototype.beforeWrite = async function (this: RollbackGuard, ...args): Promise<void> {
      await whole.apply(this, args);
      count += 1;
      await step(count);
    };
    return () => {
      RollbackGuard.prototype.beforeWrite = whole;
    };
  }
}
