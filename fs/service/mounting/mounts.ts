import { SherinError } from '../../../common/errors.js';
import type { Peer } from '../../../native/ipc.js';
import type { AuditEvent } from '../../audit/event.js';
import { actorOf } from '../actor.js';
import type { Mounting, MountRequest, PastMount } from './mounting.js';

/** Mounts and unmounts for a peer, on record. */
export class Mounts {
  readonly #mounting: Mounting;
  readonly #note: (event: AuditEvent) => Promise<void>;

  constructor(mounting: Mounting, note: (event: AuditEvent) => Promise<void>) {
    this.#mounting = mounting;
    this.#note = note;
  }

  /** As {@link Mounting.tellsEnd}. */
  get tellsEnd(): boolean {
    return this.#mounting.tellsEnd;
  }

  async mount(request: MountRequest, peer: Peer): Promise<void> {
    await this.#mounting.mount(request);
    await this.#note({
      event: 'AUDIT_MOUNT',
      id: null,
      actor: actorOf(peer),
      meta: { allowOther: request.allowOther, driver: request.driver },
    });
  }

  /** Mounts the tree as it was before a time, read-only. */
  async mountPast(wanted: PastMount, peer: Peer): Promise<PastMount> {
    const past = await this.#mounting.mountPast(wanted);
    const meta = { end: String(past.end) };
    await this.#note({ event: 'AUDIT_MOUNT_PAST', id: null, actor: actorOf(peer), meta });
    return past;
  }

  /** @param path of a mount of the past or of the vault's own, which is meant without it. @throws SherinError NOT_MOUNTED */
  async unmount(peer: Peer | null, path?: string): Promise<{ lazy: boolean }> {
    const past = path === undefined ? undefined : await this.#mounting.unmountPast(path);
    const own = this.#mounting.mounted?.path;
    if (past === undefined && path !== undefined && own !== undefined && own !== path)
      throw new SherinError('NOT_MOUNTED', { path });
    const result = past ?? (await this.#mounting.unmount());
    await this.#note({ event: 'AUDIT_UMOUNT', id: null, actor: actorOf(peer), meta: { lazy: result.lazy } });
    return result;
  }
}
