/** What bots have written becomes results of who asked: whole, as one record, and never again the bot's. */
import { setTimeout } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { formatSherinId, looksLikeSherinId, type SherinId, utcDate } from '../../../common/ids.js';
import { textToBytes } from '../../../common/names.js';
import { objectTag } from '../../cube/object-tag.js';
import type { Mutation } from '../../manifest/records.js';
import { namespaceOfPart } from '../../manifest/tasks.js';
import { attributesOf, type Entry, type Inode, type ObjectInfo } from '../../manifest/tree.js';
import type { BotFolder } from '../../mount/bots/folders.js';
import { taskDirectory } from '../../mount/changes/task-directories.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import type { Grants } from './grants.js';
import { folderOf, recorded, type TaskMount, type TaskVault, vaultOwner } from './parts.js';

/** A file of a bot's out/. */
export interface Written {
  readonly bot: string;
  readonly task: string;
  /** Name or ID of the file. */
  readonly name: string;
}

export interface Taken {
  readonly bot: string;
  readonly task: string;
  /** As {@link Results.offer} gave it: the content that was judged is the one that is taken. */
  readonly id: string;
  /** A result, or the request of a sub-task. */
  readonly as: 'result' | 'request';
  /** Of who gave the task. */
  readonly uid: number;
  readonly gid: number;
  readonly botVersion: string;
  /** Bots that may read nothing of the task any more, from then on. */
  readonly ends: readonly string[];
}

/** The kernel tells of a close(2) a moment after it has returned. */
const closePatience = 2_000;
const lookEvery = 10;
/** IDs of a put's lineage (FORMAT.md, "Manifest log"). */
const mostOrigins = 255;

const parts = { result: 'results', request: 'inbox' } as const;

export class Results {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;
  readonly #grants: Grants;

  constructor(vault: TaskVault, mount: TaskMount, grants: Grants) {
    this.#vault = vault;
    this.#mount = mount;
    this.#grants = grants;
  }

  /**
   * The ID of a file that a bot has written and closed; durable when it resolves.
   * @param to a bot that may read it from then on, in the name of the task; null: none
   * @throws SherinError BOT_UNKNOWN, PATH_MISSING, RESULT_OPEN, RESULT_REFUSED; LOCKED, TPM_*, AUDIT_UNWRITABLE, NO_SPACE, IO
   */
  async offer(written: Written, to: string | null, peer: Caller): Promise<SherinId> {
    const find = () => this.#written(written);
    const { id } = await (to === null ? find() : this.#grants.show(to, written.task, find, peer));
    return id;
  }

  async #written({ bot, name }: Written): Promise<ObjectInfo> {
    const folder = folderOf(this.#vault, bot);
    const session = await this.#vault.settled();
    const entry = find(session, folder, name);
    if (entry === undefined) throw new SherinError('PATH_MISSING', { path: name });
    return (await this.#settled(session, entry, bot)).object;
  }

  /**
   * Makes a file of a bot's out/ who asked's; durable when it resolves. Grants that end with it do so before anything is taken.
   * @throws SherinError as {@link offer}; RESULT_REFUSED where it has changed since
   */
  async take(wanted: Taken, peer: Caller): Promise<SherinId> {
    const { bot, id } = wanted;
    const { taken } = this.#vault.folders;
    const folder = folderOf(this.#vault, bot);
    const session = await this.#vault.settled();
    const entry = findById(session, folder, id);
    if (entry === undefined) throw new SherinError('RESULT_REFUSED', { bot, part: 'it has changed' });
    if (taken.has(entry.ino)) throw new SherinError('RESULT_OPEN', { bot });
    taken.add(entry.ino);
    try {
      const { inode, object } = await this.#settled(session, entry, bot);
      if (object.id !== id) throw new SherinError('RESULT_REFUSED', { bot, part: 'it has changed' });
      return await this.#take(session, folder, entry, { inode, object, wanted, peer });
    } finally {
      taken.delete(entry.ino);
    }
  }

  /** A file that nobody has open to write, with its content in cubes. @throws SherinError RESULT_OPEN, RESULT_REFUSED, NO_SPACE, IO */
  async #settled(session: Session, { ino, kind }: Entry, bot: string) {
    if (kind !== 'file') throw new SherinError('RESULT_REFUSED', { bot, part: `it is a ${kind}` });
    await closed(session, ino, bot);
    await session.writing.durable(ino);
    const inode = session.tree.inode(ino);
    const object = session.tree.object(inode?.object ?? 0);
    if (inode === undefined || object === undefined || object.length === 0)
      throw new SherinError('RESULT_REFUSED', { bot, part: 'it is empty' });
    return { inode, object };
  }

  async #take(session: Session, folder: BotFolder, { ino, name }: Entry, what: Found): Promise<SherinId> {
    const { inode, object, wanted, peer } = what;
    const { bot, task, uid, gid } = wanted;
    const put = putOf(session, object, wanted, folder);
    const id = session.tree.objectById(put.id)?.id ?? formatSherinId(put.id);
    const ended = wanted.ends.map((each) => this.#grants.withdraw(each, task, peer));
    const taken = { event: 'AUDIT_RESULT', id, actor: actorOf(peer), meta: { bot, task, uid } };
    await Promise.all([
      this.#mount.invalidate({ inodes: ended.flatMap(({ inodes }) => inodes) }),
      recorded(this.#vault, [...ended.flatMap(({ events }) => events), taken]),
    ]);
    // It may have been closed meanwhile, and opened anew: its files are gone then.
    if (folderOf(this.#vault, bot).number !== folder.number) throw new SherinError('BOT_UNKNOWN', { bot });
    const place = { part: parts[wanted.as], name: String(uid) } as const;
    const newParent = taskDirectory(session.changes, place, { uid, gid }, vaultOwner());
    const attributes = owned(inode, wanted, session.changes.now());
    // Its inode number has no other name there.
    const renamed = {
      parent: folder.out,
      name,
      newParent,
      newName: Buffer.from(String(ino)),
      exchange: false,
    };
    const mutations: Mutation[] = [
      { type: 'attributes', inode: ino, attributes },
      { type: 'rename', ...renamed },
      { ...put, inode: ino },
    ];
    await session.commit(() => mutations);
    await this.#mount.invalidate({ inodes: [ino, folder.out], names: [{ parent: folder.out, name }] });
    return id;
  }
}

interface Found {
  readonly inode: Inode;
  readonly object: ObjectInfo;
  readonly wanted: Taken;
  readonly peer: Caller;
}

/** By its name, else by the ID that the bot was told for it. */
function find(session: Session, folder: BotFolder, name: string): Entry | undefined {
  const named = session.tree.lookup(folder.out, textToBytes(name));
  return named ?? (looksLikeSherinId(name) ? findById(session, folder, name) : undefined);
}

function findById({ tree }: Session, { out }: BotFolder, id: string): Entry | undefined {
  for (const entry of tree.list(out)) {
    if (tree.object(tree.inode(entry.ino)?.object ?? 0)?.id === id) return entry;
  }
  return undefined;
}

/** Waits until nobody can write to a file. @throws SherinError RESULT_OPEN */
async function closed({ writing }: Session, ino: number, bot: string): Promise<void> {
  for (let waited = 0; writing.contents.writers(ino) > 0; waited += lookEvery) {
    if (waited >= closePatience) throw new SherinError('RESULT_OPEN', { bot });
    await setTimeout(lookEvery);
  }
}

function owned(inode: Inode, { uid, gid }: Taken, now: bigint) {
  return { ...attributesOf(inode), uid, gid, mode: 0o600, xattrs: [], ctime: now };
}

/** The content as a result or request: another object than what the bot had, in the same cubes. */
function putOf(session: Session, object: ObjectInfo, wanted: Taken, folder: BotFolder) {
  const { bot, task, uid, botVersion } = wanted;
  const { length, root, node } = object;
  const namespace = namespaceOfPart(parts[wanted.as]);
  const tag = objectTag(session.keyring, { namespace, owner: session.owned ? uid : 0, root, length });
  const date = utcDate(Date.now());
  const given = [...folder.granted.values()].filter(({ tasks }) => tasks.has(task)).map(({ id }) => id);
  const derivedFrom = given.slice(0, mostOrigins);
  const lineage = { derivedFrom, taskId: task, botId: bot, botVersion };
  return { type: 'put', id: { namespace, date, tag }, length, root, node, lineage } as const;
}
