/** An open vault in this process, for checks of what its tables and files hold. */
import { closeSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import type { FsckResult } from '../../daemon/protocol/fsck.js';
import { type OwnVault, ownVault } from '../service/own-vault.fixture.js';
import type { VaultService } from '../service/service.js';
import type { GcReport } from '../service/versions/collecting.js';
import { type FsckOptions, fsck } from './fsck.js';

/** Who asks: this process. */
export const peer = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  groups: [],
  pid: process.pid,
};

export class CheckedVault {
  readonly home: string;
  readonly service: VaultService;

  readonly places: OwnVault['where'];

  private constructor({ home, service, where }: OwnVault) {
    this.home = home;
    this.service = service;
    this.places = where;
  }

  static async create(env: NodeJS.ProcessEnv = {}): Promise<CheckedVault> {
    return new CheckedVault(await ownVault(env));
  }

  get path(): string {
    return join(this.home, 'vault');
  }

  /** Imports one file as `files/<name>`. */
  async put(name: string, content: Buffer): Promise<void> {
    const end = await this.begin(name, content);
    await end();
  }

  /** Begins to: its cubes are made, its record comes with what is returned. */
  async begin(name: string, content: Buffer): Promise<() => Promise<void>> {
    const source = join(this.home, 'source');
    writeFileSync(source, content);
    const fd = openSync(source, 'r');
    const run = await this.service.imports.begin('files', true, peer);
    const mtime = String(statSync(source, { bigint: true }).mtimeNs);
    const owner = { mode: 0o600, uid: peer.uid, gid: peer.gid, atime: mtime, mtime };
    const file = { path: name, kind: 'file', ...owner, size: content.length, fd: 0 } as const;
    try {
      const [outcome] = await run.entries([{ ...file, xattrs: [] }], [fd], () => undefined);
      if (outcome?.outcome !== 'stored') throw new Error(JSON.stringify(outcome));
    } finally {
      closeSync(fd);
    }
    return async () => {
      await this.service.imports.end(await run.end());
    };
  }

  /** Runs SQL on the closed database with the vault's own key, then opens the vault again. */
  async tamper(...sql: string[]): Promise<void> {
    const { keyring } = await this.service.unlocked();
    const key = keyring.manifestKey();
    await this.service.lock(null);
    const database = new Database(join(this.path, 'manifest.db'));
    database.pragma("cipher = 'chacha20'");
    database.key(Buffer.concat([Buffer.from('raw:'), key]));
    for (const statement of sql) database.exec(statement);
    database.close();
    await this.service.unlock({ slot: 'tpm', pin: null }, peer);
  }

  async fsck(options: Partial<FsckOptions> = {}): Promise<FsckResult> {
    const session = await this.service.unlocked();
    const { vaultFd, uuid, publicKey, cubeLock: lock } = this.service;
    const asked = { rebuild: false, repair: false, removeOrphans: false, backup: null, ...options };
    return fsck(
      { session, vaultFd, uuid, publicKey, lock },
      { progress: () => undefined, cancelled: () => false, removing: async () => undefined, ...asked },
    );
  }

  /** Gives up all but the newest version of each file. */
  gc(): Promise<GcReport> {
    const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null };
    const request = { retention: { last: 1, ...none }, paths: [], dryRun: false };
    return this.service.collecting.gc(request, peer, () => undefined);
  }

  /** Paths of the stored cubes. */
  cubes(): string[] {
    const cubes = join(this.path, 'cubes');
    const folders = readdirSync(cubes).filter((name) => name.length === 2);
    return folders.flatMap((folder) =>
      readdirSync(join(cubes, folder)).map((name) => join(cubes, folder, name)),
    );
  }

  async remove(): Promise<void> {
    await this.service.stop(null);
    rmSync(this.home, { recursive: true, force: true });
  }
}
