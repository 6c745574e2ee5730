/** What the policy engine keeps, as files beside `files/` (FORMAT.md, "Tasks"): encrypted, versioned and under the signed head as any. */
import { SherinError } from '../../../common/errors.js';
import { type Attributes, rootInode } from '../../manifest/records.js';
import { type PolicyRecordName, tasksInode } from '../../manifest/tasks.js';
import { rename } from '../../mount/changes/names.js';
import { tasksDirectory } from '../../mount/changes/task-directories.js';
import type { Session } from './session.js';

/** Bytes of the longest record. */
const longest = 1024 * 1024;

export class PolicyRecord {
  readonly #session: Session;
  readonly #name: Buffer;
  /** Where a record is written before it takes the place of the one that was there. */
  readonly #nextName: Buffer;

  constructor(session: Session, name: PolicyRecordName) {
    this.#session = session;
    this.#name = Buffer.from(name);
    this.#nextName = Buffer.from(`${name}.next`);
  }

  /** Null in a vault that never had one. @throws SherinError as Session.openContent; PROTOCOL for one that is too long */
  async read(): Promise<Buffer | null> {
    const { tree } = this.#session;
    const tasks = tasksInode(tree);
    const entry = tasks === undefined ? undefined : tree.lookup(tasks, this.#name);
    if (entry === undefined) return null;
    const object = tree.object(tree.objectOfFile(entry.ino) ?? 0) ?? null;
    const file = await this.#session.openFile(entry.ino, object, this.#vaultOwner(), tree);
    try {
      if (file.size > longest) throw new SherinError('PROTOCOL', { part: 'the policy record is too long' });
      const bytes = Buffer.alloc(file.size);
      await file.read(0, bytes.length, bytes);
      return bytes;
    } finally {
      file.close();
    }
  }

  /** Durable when it resolves; a crash leaves the one before or this one. @throws SherinError NO_SPACE, IO, LOCKED */
  async write(record: Buffer): Promise<void> {
    const { changes } = this.#session;
    const { uid, gid } = this.#vaultOwner();
    const tasks = tasksDirectory(changes, { uid, gid });
    const left = changes.tree.lookup(tasks, this.#nextName);
    const ino = left?.ino ?? changes.newInode();
    if (left === undefined) {
      changes.change([
        { type: 'attributes', inode: ino, attributes: fileAttributes(changes.now(), uid, gid) },
        { type: 'link', parent: tasks, inode: ino, name: this.#nextName },
      ]);
    }
    changes.opened(ino);
    try {
      await changes.truncate(ino, 0);
      await changes.write(ino, 0, record.length, (from, length, target, at) => {
        record.copy(target, at, from, from + length);
      });
    } finally {
      changes.closed(ino);
    }
    const [from, to] = [
      { parent: tasks, name: this.#nextName },
      { parent: tasks, name: this.#name },
    ];
    const before = rename(changes, from, to, 0);
    if (before !== null && changes.isOrphan(before)) changes.forget(before);
    await changes.sync(ino);
  }

  #vaultOwner(): { readonly uid: number; readonly gid: number; readonly pid: null } {
    const root = this.#session.tree.inode(rootInode);
    return {
      uid: process.getuid?.() ?? root?.uid ?? 0,
      gid: process.getgid?.() ?? root?.gid ?? 0,
      pid: null,
    };
  }
}

function fileAttributes(now: bigint, uid: number, gid: number): Attributes {
  const times = { atime: now, mtime: now, ctime: now };
  return { kind: 'file', mode: 0o600, uid, gid, ...times, target: null, xattrs: [] };
}
