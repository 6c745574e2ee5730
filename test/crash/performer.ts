/** Does operations to an open vault, the way that its mount does. */
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PutEntry } from '../../daemon/protocol/control.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { copyRange } from '../../fs/mount/changes/copy-range.js';
import { removeXattr, setAttributes, setXattr } from '../../fs/mount/changes/inode-attributes.js';
import { link, make, type Place, rename, rmdir, unlink } from '../../fs/mount/changes/names.js';
import type { Rewrites } from '../../native/index.js';
import type { Opened } from './opened.js';
import { bytesOf, namesOf, type Operation } from './operations.js';

const caller = { uid: peer.uid, gid: peer.gid, pid: peer.pid };
const exchange = 2;

export class Performer {
  readonly #opened: Opened;
  readonly #home: string;
  readonly #open = new Map<string, number>();
  /** The file that is lent to the addon, or was. */
  #lent: { readonly ino: number; readonly rewrites: Rewrites } | null = null;
  /** Syncs that went past JavaScript. */
  past = 0;

  constructor(opened: Opened, home: string) {
    this.#opened = opened;
    this.#home = home;
  }

  async perform(operation: Operation, at: number): Promise<void> {
    const { changes } = this.#opened.session;
    switch (operation.do) {
      case 'mkdir':
        make(changes, this.#place(operation.path), { kind: 'directory', mode: operation.mode }, caller);
        return;
      case 'symlink': {
        const target = Buffer.from(operation.target);
        make(changes, this.#place(operation.path), { kind: 'symlink', mode: 0o777, target }, caller);
        return;
      }
      case 'chmod':
        return setAttributes(
          changes,
          this.#ino(operation.path),
          { mode: operation.mode },
          { uid: caller.uid, writes: () => false },
        );
      case 'xattr':
        return this.#setXattr(operation);
      case 'open':
        return this.#openFile(operation);
      case 'write':
        return this.#write(this.#labelled(operation.label), operation.at, bytesOf(at, operation.length));
      case 'truncate':
        return changes.truncate(this.#labelled(operation.label), operation.length);
      case 'zero':
        return changes.zero(this.#labelled(operation.label), operation.at, operation.length);
      case 'copy':
        return this.#copy(operation);
      case 'close': {
        const ino = this.#labelled(operation.label);
        this.#open.delete(operation.label);
        changes.closed(ino);
        this.#forget(ino);
        return;
      }
      case 'sync': {
        const syncs = operation.labels.map((label) => this.#sync(this.#labelled(label)));
        for (const result of await Promise.allSettled(syncs))
          if (result.status === 'rejected') throw result.reason;
        return;
      }
      case 'seal':
        return this.#opened.session.writing.seal();
      case 'unasked':
        return this.#opened.session.writing.durability.syncAll();
      case 'copy log':
        return this.#opened.session.logCopy.bring();
      case 'join':
        await this.#opened.session.writing.joining.pass(0);
        return;
      case 'rename':
      case 'exchange': {
        const flags = operation.do === 'exchange' ? exchange : 0;
        const lost = rename(changes, this.#place(operation.from), this.#place(operation.to), flags);
        if (lost !== null) this.#forget(lost);
        return;
      }
      case 'link':
        return link(changes, this.#ino(operation.from), this.#place(operation.to));
      case 'unlink':
        return this.#forget(unlink(changes, this.#place(operation.path)));
      case 'rmdir':
        return this.#forget(rmdir(changes, this.#place(operation.path)));
      case 'put':
        return this.#put(operation.path, bytesOf(at, operation.length));
    }
  }

  async #openFile({ label, path, cut }: Extract<Operation, { do: 'open' }>): Promise<void> {
    const { changes } = this.#opened.session;
    const known = this.#opened.session.tree.find(namesOf(path))?.ino;
    const ino = known ?? make(changes, this.#place(path), { kind: 'file', mode: 0o644 }, caller);
    changes.opened(ino);
    this.#open.set(label, ino);
    if (cut === true) await changes.truncate(ino, 0);
  }

  async #write(ino: number, offset: number, bytes: Buffer): Promise<void> {
    const { changes } = this.#opened.session;
    if (this.#lentOf(ino)?.write(offset, bytes) === true) return;
    await changes.write(ino, offset, bytes.length, (from, length, target, to) => {
      bytes.copy(target, to, from, from + length);
    });
    const rewrites = changes.lend(ino);
    if (rewrites !== null) this.#lent = { ino, rewrites };
  }

  async #sync(ino: number): Promise<void> {
    if (this.#lentOf(ino)?.sync() === true) this.past += 1;
    else await this.#opened.session.changes.sync(ino);
  }

  #lentOf(ino: number): Rewrites | null {
    return this.#lent?.ino === ino ? this.#lent.rewrites : null;
  }

  async #copy({ from, to, length }: Extract<Operation, { do: 'copy' }>): Promise<void> {
    const { changes, tree } = this.#opened.session;
    const [source, target] = [this.#labelled(from.label), this.#labelled(to.label)];
    const object = tree.object(tree.objectOfFile(source) ?? 0) ?? null;
    const file = await this.#opened.session.openFile(source, object, caller, tree);
    const requireSpace = (): Promise<void> => changes.requireSpace(length);
    try {
      for (let done = 0, copied = -1; done < length && copied !== 0; done += copied)
        copied = await copyRange(
          { file, ino: source, offset: from.at + done },
          { changes, ino: target, offset: to.at + done, requireSpace },
          length - done,
        );
    } finally {
      file.close();
    }
  }

  #setXattr({ path, name, value }: Extract<Operation, { do: 'xattr' }>): void {
    const { changes } = this.#opened.session;
    if (value === null) removeXattr(changes, this.#ino(path), name);
    else setXattr(changes, this.#ino(path), name, Buffer.from(value), 0);
  }

  async #put(path: string, bytes: Buffer): Promise<void> {
    const source = join(this.#home, '..', `source-${process.pid}`);
    writeFileSync(source, bytes);
    const { imports } = this.#opened.service;
    const run = await imports.begin('files', true, peer);
    const mtime = String(statSync(source, { bigint: true }).mtimeNs);
    const owner = { mode: 0o600, uid: peer.uid, gid: peer.gid, atime: mtime, mtime };
    const entry: PutEntry = { path, kind: 'file', ...owner, size: bytes.length, fd: 0, xattrs: [] };
    const fd = openSync(source, 'r');
    try {
      const [outcome] = await run.entries([entry], [fd], () => undefined);
      if (outcome?.outcome === 'failed') throw new Error(JSON.stringify(outcome));
      await imports.end(await run.end());
    } catch (error) {
      await run.abandon();
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  #forget(ino: number): void {
    const { changes } = this.#opened.session;
    if (changes.isOrphan(ino) && ![...this.#open.values()].includes(ino)) changes.forget(ino);
  }

  #place(path: string): Place {
    const names = namesOf(path);
    const name = names.pop() ?? Buffer.alloc(0);
    const parent = this.#opened.session.tree.find(names)?.ino;
    if (parent === undefined) throw new Error(`no directory of ${path}`);
    return { parent, name };
  }

  #ino(path: string): number {
    const ino = this.#opened.session.tree.find(namesOf(path))?.ino;
    if (ino === undefined) throw new Error(`no ${path}`);
    return ino;
  }

  #labelled(label: string): number {
    const ino = this.#open.get(label);
    if (ino === undefined) throw new Error(`nothing is open as ${label}`);
    return ino;
  }
}
