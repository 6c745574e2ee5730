import { SherinError } from '../../../common/errors.js';
import type { SherinId } from '../../../common/ids.js';
import type { AuditEvent } from '../../audit/event.js';
import type { ObjectInfo } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';
import { folderOf, recorded, type TaskMount, type TaskVault, vaultOwner } from './parts.js';
import { readable, type Submitter } from './readable.js';

export interface NewGrant {
  readonly bot: string;
  readonly task: string;
  readonly ids: readonly string[];
}

/** Grants that have ended. */
export interface Withdrawn {
  /** Which nobody may read any more. */
  readonly inodes: readonly number[];
  readonly events: readonly AuditEvent[];
}

/** A grant that is on its way to the log. */
interface Coming {
  readonly bot: string;
  readonly task: string;
  /** Number of the bot's folder. */
  readonly folder: number;
  /** Whoever wanted it has given up. */
  ended: boolean;
}

/** What bots may read: each grant made and ended is in the audit log before anybody hears of it. */
export class Grants {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;
  readonly #coming = new Set<Coming>();

  constructor(vault: TaskVault, mount: TaskMount) {
    this.#vault = vault;
    this.#mount = mount;
  }

  /**
   * Grants all objects or none.
   * @throws SherinError BOT_UNKNOWN, ID_UNKNOWN, ID_MALFORMED, VERSION_COLLECTED, DENIED where the submitter may not read one; TASK_STATE where it was
   * ended meanwhile; AUDIT_UNWRITABLE, LOCKED, TPM_*
   */
  async add({ bot, task, ids }: NewGrant, submitter: Submitter, peer: Caller): Promise<void> {
    const coming = this.#begin(bot, task);
    try {
      const session = await this.#vault.unlocked();
      const objects = [];
      for (const id of ids) objects.push(await readable(session, id, submitter, vaultOwner()));
      await this.#grant(coming, objects, { uid: submitter.uid }, peer);
    } finally {
      this.#coming.delete(coming);
    }
  }

  /**
   * Shows a bot an object that another bot has written, whoever it belongs to, once that is found.
   * @throws SherinError BOT_UNKNOWN; TASK_STATE where it was ended meanwhile; AUDIT_UNWRITABLE, and what finding it does
   */
  async show(bot: string, task: string, find: () => Promise<ObjectInfo>, peer: Caller): Promise<ObjectInfo> {
    const coming = this.#begin(bot, task);
    try {
      const object = await find();
      await this.#grant(coming, [object], {}, peer);
      return object;
    } finally {
      this.#coming.delete(coming);
    }
  }

  #begin(bot: string, task: string): Coming {
    const coming = { bot, task, folder: folderOf(this.#vault, bot).number, ended: false };
    this.#coming.add(coming);
    return coming;
  }

  async #grant(
    coming: Coming,
    objects: readonly ObjectInfo[],
    meta: AuditEvent['meta'],
    peer: Caller,
  ): Promise<void> {
    const { bot, task, folder } = coming;
    const record = (name: string, what: AuditEvent['meta']): Promise<void> =>
      recorded(
        this.#vault,
        objects.map(({ id }) => event(name, id, peer, { bot, task, ...what })),
      );
    await record('AUDIT_GRANT', meta);
    if (coming.ended) {
      await record('AUDIT_GRANT_END', {});
      throw new SherinError('TASK_STATE', { id: task, state: 'over', part: 'nothing is granted for it' });
    }
    // It may have been closed meanwhile, and opened anew.
    if (folderOf(this.#vault, bot).number !== folder) throw new SherinError('BOT_UNKNOWN', { bot });
    for (const object of objects) this.#vault.folders.grant(bot, task, object);
  }

  /**
   * Takes back what a task, or each of them, gave a bot, and what is on its way.
   * @returns how many grants ended. @throws SherinError BOT_UNKNOWN; AUDIT_UNWRITABLE, and they have ended all the same
   */
  async end(bot: string, task: string | null, peer: Caller): Promise<number> {
    folderOf(this.#vault, bot);
    const { inodes, events } = this.withdraw(bot, task, peer);
    try {
      await this.#mount.invalidate({ inodes });
    } finally {
      await recorded(this.#vault, events);
    }
    return events.length;
  }

  /** As {@link end}, where the caller has the kernel drop the inodes, and the events recorded, before anybody hears of it. None of a bot that is closed. */
  withdraw(bot: string, task: string | null, peer: Caller): Withdrawn {
    for (const coming of this.#coming)
      if (coming.bot === bot && (task === null || coming.task === task)) coming.ended = true;
    const lost = this.#vault.folders.end(bot, task);
    return {
      inodes: lost.filter(({ granted }) => granted.ended).map(({ granted }) => granted.ino),
      events: lost.map(({ granted, task: by }) =>
        event('AUDIT_GRANT_END', granted.id, peer, { bot, task: by }),
      ),
    };
  }
}

function event(name: string, id: SherinId, peer: Caller, meta: AuditEvent['meta']): AuditEvent {
  return { event: name, id, actor: actorOf(peer), meta };
}
