import { open } from 'node:fs/promises';
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdToBytes } from '../../common/ids.js';
import type { Peer } from '../../native/ipc.js';
import { readNeeded } from '../check/needed.js';
import type { Release } from '../cube/cube-lock.js';
import { actorOf } from '../service/actor.js';
import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** IDs of one write. */
const batchIds = 4096;

/** `backup.*`: what sherin-fs does for the program that copies, bound to the connection that asks. One backup at a time. */
export class BackupHandlers {
  readonly #service: VaultService;
  #running: object | null = null;
  #release: Release | null = null;

  constructor(service: VaultService) {
    this.#service = service;
  }

  handlers(): Pick<ControlHandlers, 'backup.begin' | 'backup.end'> {
    return {
      'backup.begin': async ({ needed }, { peer, connection, cancelled }) => {
        if (this.#running !== null) throw new SherinError('BACKUP_BUSY', { path: this.#service.vaultPath });
        this.#running = connection;
        try {
          await this.#begin(needed, peer);
        } catch (error) {
          await this.#end();
          throw error;
        }
        // Nobody would end it: that the connection is gone was told before it began.
        if (cancelled()) await this.#end();
        return {};
      },
      'backup.end': async (totals, { peer, connection }) => {
        if (this.#running !== connection)
          throw new SherinError('PROTOCOL', { part: 'no backup on this connection' });
        await this.#end();
        await this.#service.note({
          event: 'AUDIT_BACKUP_DONE',
          id: null,
          actor: actorOf(peer),
          meta: totals,
        });
        return {};
      },
    };
  }

  /** Ends the backup that a connection left unfinished. */
  gone(connection: object): void {
    if (this.#running === connection && this.#release !== null) void this.#end();
  }

  async #begin(needed: boolean, peer: Peer): Promise<void> {
    const session = needed ? await this.#service.unlocked() : null;
    await this.#service.note({ event: 'AUDIT_BACKUP', id: null, actor: actorOf(peer), meta: { needed } });
    // The copy has no journal: what it would say of cubes that come later is in the manifest then.
    await this.#service.current()?.writing.durable(null);
    await this.#service
      .current()
      ?.logCopy.bring()
      .catch(() => undefined);
    // What the manifest needs is to be there still when it is copied.
    this.#release = await this.#service.cubeLock.shared();
    await this.#service.snapshots.take();
    if (session === null) return;
    await this.#list(await readNeeded(session.manifest));
  }

  /** Writes cube IDs for whoever prunes the backup, 32 bytes each. */
  async #list(ids: Iterable<CubeId>): Promise<void> {
    const file = await open(this.#service.snapshots.path('needed'), 'wx', 0o600);
    try {
      let waiting: Buffer[] = [];
      for (const id of ids) {
        waiting.push(cubeIdToBytes(id));
        if (waiting.length < batchIds) continue;
        await file.write(Buffer.concat(waiting));
        waiting = [];
      }
      await file.write(Buffer.concat(waiting));
    } finally {
      await file.close();
    }
  }

  async #end(): Promise<void> {
    this.#release?.();
    this.#release = null;
    try {
      await this.#service.snapshots.drop();
    } finally {
      this.#running = null;
    }
  }
}
