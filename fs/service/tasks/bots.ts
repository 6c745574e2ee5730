import { directoryOf } from '../../manifest/tasks.js';
import { rmdir, unlink } from '../../mount/changes/names.js';
import { taskDirectory } from '../../mount/changes/task-directories.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import type { Grants } from './grants.js';
import { folderOf, recorded, type TaskMount, type TaskVault, vaultOwner } from './parts.js';

export interface OpenedBot {
  readonly bot: string;
  readonly uid: number;
  /** Bytes of all that it may have in out/. */
  readonly mostBytes: number;
}

/** Folders of bots: both of their directories are empty when one is opened, and gone when it is closed. */
export class Bots {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;
  readonly #grants: Grants;

  constructor(vault: TaskVault, mount: TaskMount, grants: Grants) {
    this.#vault = vault;
    this.#mount = mount;
    this.#grants = grants;
  }

  /** One that is open is closed first. @throws SherinError LOCKED, TPM_*, AUDIT_UNWRITABLE */
  async open({ bot, uid, mostBytes }: OpenedBot, peer: Caller): Promise<void> {
    const { folders } = this.#vault;
    const session = await this.#vault.unlocked();
    if (folders.get(bot) !== undefined) await this.close(bot, peer);
    // What a crash has left.
    await this.#clear(session, bot);
    await recorded(this.#vault, [
      { event: 'AUDIT_BOT_OPEN', id: null, actor: actorOf(peer), meta: { bot, uid } },
    ]);
    const owner = vaultOwner();
    const out = taskDirectory(session.changes, { part: 'out', name: bot }, { uid, gid: owner.gid }, owner);
    folders.open({ bot, uid, mostBytes, out });
  }

  /** @throws SherinError BOT_UNKNOWN; AUDIT_UNWRITABLE, and it is closed all the same */
  async close(bot: string, peer: Caller): Promise<void> {
    folderOf(this.#vault, bot);
    try {
      await this.#grants.end(bot, null, peer);
    } finally {
      this.#vault.folders.close(bot);
      const session = this.#vault.current();
      if (session !== null) await this.#clear(session, bot);
    }
    const meta = { bot };
    await recorded(this.#vault, [{ event: 'AUDIT_BOT_CLOSE', id: null, actor: actorOf(peer), meta }]);
  }

  /** Who has one of its files open goes on with it, without a name. */
  async #clear({ changes, tree }: Session, bot: string): Promise<void> {
    const directory = directoryOf(tree, { part: 'out', name: bot });
    const [link] = directory === undefined ? [] : tree.linksOf(directory);
    if (directory === undefined || link === undefined) return;
    const names = Array.from(tree.list(directory), ({ name }) => ({ parent: directory, name }));
    const gone = [...names.map((place) => unlink(changes, place)), rmdir(changes, link)];
    await this.#mount.invalidate({ inodes: [directory], names });
    for (const ino of gone) if (!this.#mount.holds(ino)) changes.forget(ino);
  }
}
