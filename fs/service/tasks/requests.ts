import { randomBytes } from 'node:crypto';
import { SherinError } from '../../../common/errors.js';
import type { SherinId } from '../../../common/ids.js';
import { make } from '../../mount/changes/names.js';
import { taskDirectory } from '../../mount/changes/task-directories.js';
import type { Caller } from '../../mount/source.js';
import { type TaskVault, vaultOwner } from './parts.js';

/** Requests that do not come through the mount. */
export class Requests {
  readonly #vault: TaskVault;

  constructor(vault: TaskVault) {
    this.#vault = vault;
  }

  /**
   * Puts a request into the inbox of who asks, as a program at the mount would, under a name of its own; durable when it resolves.
   * @throws SherinError LOCKED, TPM_*, NO_SPACE, IO
   */
  async put(content: Buffer, caller: Caller): Promise<SherinId> {
    const { changes, writing, tree } = await this.#vault.unlocked();
    const owner = vaultOwner();
    const writer = { uid: caller.uid ?? owner.uid, gid: caller.gid ?? owner.gid };
    const parent = taskDirectory(changes, { part: 'inbox', name: String(writer.uid) }, writer, owner);
    const name = Buffer.from(`request-${randomBytes(8).toString('hex')}`);
    const ino = make(changes, { parent, name }, { kind: 'file', mode: 0o600 }, caller);
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
}
