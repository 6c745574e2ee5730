import { randomBytes } from 'node:crypto';
import { SherinError } from '../../../common/errors.js';
import type { SherinId } from '../../../common/ids.js';
import { make, type Place, unlink } from '../../mount/changes/names.js';
import { taskDirectory } from '../../mount/changes/task-directories.js';
import type { Caller } from '../../mount/source.js';
import type { Session } from '../session/session.js';
import { type TaskMount, type TaskVault, vaultOwner } from './parts.js';

/** Requests that do not come through the mount. */
export class Requests {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;

  constructor(vault: TaskVault, mount: TaskMount) {
    this.#vault = vault;
    this.#mount = mount;
  }

  /**
   * Puts a request into the inbox of who asks, as a program at the mount would, under a name of its own; durable when it resolves,
   * and where it rejects nothing of it is left there.
   * @throws SherinError LOCKED, TPM_*, NO_SPACE, IO
   */
  async put(content: Buffer, caller: Caller): Promise<SherinId> {
    const session = await this.#vault.unlocked();
    const { changes } = session;
    const owner = vaultOwner();
    const writer = { uid: caller.uid ?? owner.uid, gid: caller.gid ?? owner.gid };
    const parent = taskDirectory(changes, { part: 'inbox', name: String(writer.uid) }, writer, owner);
    const place = { parent, name: Buffer.from(`request-${randomBytes(8).toString('hex')}`) };
    const ino = make(changes, place, { kind: 'file', mode: 0o600 }, caller);
    try {
      return await stored(session, ino, content);
    } catch (error) {
      // Whoever is told that it failed will not ask for it again, and does not know its name.
      await this.#remove(session, place).catch(() => undefined);
      throw error;
    }
  }

  async #remove({ changes }: Session, place: Place): Promise<void> {
    const ino = unlink(changes, place);
    await this.#mount.invalidate({ inodes: [place.parent], names: [place] });
    if (!this.#mount.holds(ino)) changes.forget(ino);
  }
}

async function stored({ changes, writing, tree }: Session, ino: number, content: Buffer): Promise<SherinId> {
  changes.opened(ino);
  try {
    await changes.write(ino, 0, content.length, (from, length, target, at) => {
      content.copy(target, at, from, from + length);
    });
  } finally {
    changes.closed(ino);
  }
  await writing.durable(ino);
  const object = tree.object(tree.inode(ino)?.object ?? 0);
  if (object === undefined) throw new SherinError('IO', { what: 'the request', part: 'it was not stored' });
  return object.id;
}
