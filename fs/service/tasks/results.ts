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
import type { Session } from '../session.js';
import { folderOf, recorded, type TaskMount, type TaskVault, vaultOwner } from './parts.js';

export interface WantedResult {
  readonly bot: string;
  readonly task: string;
  /** Name or ID of the file. */
  readonly name: string;
  /** Of who gave the task. */
  readonly uid: number;
  readonly gid: number;
  readonly botVersion: string;
}

/** The kernel tells of a close(2) a moment after it has returned. */
const closePatience = 2_000;
const lookEvery = 10;
/** IDs of a put's lineage (FORMAT.md, "Manifest log"). */
const mostOrigins = 255;

export class Results {
  readonly #vault: TaskVault;
  readonly #mount: TaskMount;

  constructor(vault: TaskVault, mount: TaskMount) {
    this.#vault = vault;
    this.#mount = mount;
  }

  /**
   * Takes a file of a bot's out/; durable when it resolves.
   * @throws SherinError BOT_UNKNOWN, PATH_MISSING, RESULT_OPEN, RESULT_REFUSED; LOCKED, TPM_*, AUDIT_UNWRITABLE, NO_SPACE, IO
   */
  async take(wanted: WantedResult, peer: Caller): Promise<SherinId> {
    const { bot, name } = wanted;
    const { taken } = this.#vault.folders;
    const folder = folderOf(this.#vault, bot);
    const session = await this.#vault.settled();
    const entry = find(session, folder, name);
    if (entry === undefined) throw new SherinError('PATH_MISSING', { path: name });
    if (entry.kind !== 'file')
      throw new SherinError('RESULT_REFUSED', { bot, part: `it is a ${entry.kind}` });
    if (taken.has(entry.ino)) throw new SherinError('RESULT_OPEN', { bot });
    taken.add(entry.ino);
    try {
      await closed(session, entry.ino, bot);
      await session.writing.durable(entry.ino);
      return await this.#take(session, folder, entry, wanted, peer);
    } finally {
      taken.delete(entry.ino);
    }
  }

  async #take(
    session: Session,
    folder: BotFolder,
    { ino, name }: Entry,
    wanted: WantedResult,
    peer: Caller,
  ): Promise<SherinId> {
    const { bot, task, uid, gid } = wanted;
    const inode = session.tree.inode(ino);
    const object = session.tree.object(inode?.object ?? 0);
    if (inode === undefined || object === undefined || object.length === 0)
      throw new SherinError('RESULT_REFUSED', { bot, part: 'it is empty' });
    const put = putOf(session, object, wanted, folder);
    const id = session.tree.objectById(put.id)?.id ?? formatSherinId(put.id);
    await recorded(this.#vault, [
      { event: 'AUDIT_RESULT', id, actor: actorOf(peer), meta: { bot, task, uid } },
    ]);
    const results = { part: 'results', name: String(uid) } as const;
    const newParent = taskDirectory(session.changes, results, { uid, gid }, vaultOwner());
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
    await session.commit(mutations, [], []);
    await this.#mount.invalidate({ inodes: [ino, folder.out], names: [{ parent: folder.out, name }] });
    return id;
  }
}

/** By its name, else by the ID that the bot was told for it. */
function find({ tree }: Session, { out }: BotFolder, name: string): Entry | undefined {
  const named = tree.lookup(out, textToBytes(name));
  if (named !== undefined || !looksLikeSherinId(name)) return named;
  for (const entry of tree.list(out)) {
    if (tree.object(tree.inode(entry.ino)?.object ?? 0)?.id === name) return entry;
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

function owned(inode: Inode, { uid, gid }: WantedResult, now: bigint) {
  return { ...attributesOf(inode), uid, gid, mode: 0o600, xattrs: [], ctime: now };
}

/** The content as a result: another object than what the bot had, in the same cubes. */
function putOf(session: Session, object: ObjectInfo, wanted: WantedResult, folder: BotFolder) {
  const { bot, task, uid, botVersion } = wanted;
  const { length, root, node } = object;
  const namespace = namespaceOfPart('results');
  const tag = objectTag(session.keyring, namespace, session.owned ? uid : 0, root, length);
  const date = utcDate(Date.now());
  const given = [...folder.granted.values()].filter(({ tasks }) => tasks.has(task)).map(({ id }) => id);
  const derivedFrom = given.slice(0, mostOrigins);
  const lineage = { derivedFrom, taskId: task, botId: bot, botVersion };
  return { type: 'put', id: { namespace, date, tag }, length, root, node, lineage } as const;
}
