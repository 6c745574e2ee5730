/** Export of a tree: walks the vault, restores what it finds, notes what fails and goes on. */

import { SherinError } from '../../common/errors.js';
import { bytesToText, textToBytes } from '../../common/names.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { joinPath } from '../vault-path.js';
import { entriesOf } from './listing.js';
import type { LocalDirectory } from './local-directory.js';
import type { Problems } from './problems.js';
import { finishDirectory, restoreFile, restoreLink, restoreSpecial } from './restore-entry.js';

/** Bytes asked for at a time: often enough for the bar and for Ctrl-C. */
const stepBytes = 64 * 1024 * 1024;

export interface ExportOptions {
  readonly problems: Problems;
  readonly stopped: () => boolean;
  readonly advanced: () => void;
}

export class Export {
  readonly counts = { files: 0, bytes: 0, others: 0 };
  readonly #client: ControlClient;
  readonly #options: ExportOptions;
  readonly #root: LocalDirectory;
  /** Where each file with several names was restored first: directories below the root, and its name. */
  readonly #linked = new Map<number, readonly Buffer[]>();

  /** @param root the local directory that everything goes below; the caller closes it */
  constructor(client: ControlClient, root: LocalDirectory, options: ExportOptions) {
    this.#client = client;
    this.#root = root;
    this.#options = options;
  }

  /** Restores one entry under a name of the root; `target` is its path or ID in the vault. */
  one(entry: EntryInfo, target: string, name: Buffer): Promise<void> {
    return this.#attempt(target, () => this.#restore(this.#root, [name], entry, target));
  }

  /** Merges a directory of the vault into the root itself. */
  async into(entry: EntryInfo, path: string): Promise<void> {
    await this.#attempt(path, () => this.#fillDirectory(this.#root, [], entry, path));
  }

  async #restore(
    directory: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    target: string,
  ): Promise<void> {
    const name = place.at(-1) ?? Buffer.alloc(0);
    refuseUnsafe(name);
    if (entry.kind === 'directory') {
      const child = directory.childOrNew(name);
      try {
        await this.#fillDirectory(child, place, entry, target);
      } finally {
        child.close();
      }
      return;
    }
    if (entry.nlink > 1 && (await this.#restoredAsLink(directory, name, entry))) return;
    const left =
      entry.kind === 'file'
        ? await restoreFile(directory, name, entry, (fd) => this.#fill(fd, entry, target))
        : await restoreSpecial(directory, name, entry);
    for (const what of left) this.#options.problems.skip(target, what);
    if (entry.nlink > 1) this.#linked.set(entry.inode, place);
    this.counts[entry.kind === 'file' ? 'files' : 'others'] += 1;
    this.#options.advanced();
  }

  async #fillDirectory(
    directory: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    path: string,
  ): Promise<void> {
    for await (const child of entriesOf(this.#client, path, true)) {
      if (this.#options.stopped()) return;
      const target = joinPath(path, child.name);
      await this.#attempt(target, () =>
        this.#restore(directory, [...place, textToBytes(child.name)], child, target),
      );
    }
    for (const what of finishDirectory(directory, entry)) this.#options.problems.skip(path, what);
  }

  /** True when the file stands under another name already and got this one as well. */
  async #restoredAsLink(directory: LocalDirectory, name: Buffer, entry: EntryInfo): Promise<boolean> {
    const place = this.#linked.get(entry.inode);
    const firstName = place?.at(-1);
    if (place === undefined || firstName === undefined) return false;
    const opened: LocalDirectory[] = [];
    try {
      let holder = this.#root;
      for (const part of place.slice(0, -1)) {
        holder = holder.child(part);
        opened.push(holder);
      }
      await restoreLink(directory, name, { directory: holder, name: firstName });
    } finally {
      for (const each of opened) each.close();
    }
    this.counts.files += 1;
    this.#options.advanced();
    return true;
  }

  async #fill(fd: number, entry: EntryInfo, target: string): Promise<void> {
    // Named by its ID, a file that is replaced meanwhile is still read as one version.
    const source = entry.id ?? target;
    for (let offset = 0; offset < entry.size; ) {
      if (this.#options.stopped()) throw new SherinError('INTERRUPTED', { what: 'this file is left out' });
      const length = Math.min(stepBytes, entry.size - offset);
      const { bytes } = await this.#client.call(
        'read',
        { target: source, offset, length, at: offset },
        { fds: [fd] },
      );
      if (bytes !== length)
        throw new SherinError('IO', { what: 'reading', part: `${bytes} of ${length} bytes came` });
      offset += bytes;
      this.counts.bytes += bytes;
      this.#options.advanced();
    }
  }

  async #attempt(target: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (error instanceof SherinError && (error.code === 'NOT_RUNNING' || error.code === 'LOCKED'))
        throw error;
      if (!this.#options.stopped()) this.#options.problems.add(target, error);
    }
  }
}

/** Names come from the vault: none of them may lead out of the directory they are made in. */
function refuseUnsafe(name: Buffer): void {
  const text = bytesToText(name);
  if (name.length === 0 || text === '.' || text === '..' || name.includes('/') || name.includes(0)) {
    throw new SherinError('USAGE', { what: `'${text}' is no file name` });
  }
}
