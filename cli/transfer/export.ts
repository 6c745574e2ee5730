/** Export of a tree: walks the vault, restores what it finds, notes what fails and goes on. */

import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { bytesToText, nameFault, textToBytes } from '../../common/names.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { joinPath } from '../vault-path.js';
import { entriesOf } from './listing.js';
import type { LocalDirectory } from './local-directory.js';
import type { Problems } from './problems.js';
import {
  finishDirectory,
  isElsewhere,
  type Restored,
  restoreFile,
  restoreLink,
  restoreSpecial,
} from './restore-entry.js';
import { Slots } from './slots.js';

/** Bytes asked for at a time: often enough for the bar and for Ctrl-C. */
const stepBytes = 64 * 1024 * 1024;

export interface ExportOptions {
  readonly problems: Problems;
  /** The root as the user named it, for messages. */
  readonly shown: string;
  /** Leave alone what stands at a place already. */
  readonly keep: boolean;
  readonly stopped: () => boolean;
  readonly advanced: () => void;
}

/** Files that are restored at the same time: a read waits for the audit log, many share its fsync. */
const filesInFlight = 16;

/** Work under way: a promise inside an object, so that awaiting the start does not await the end. */
interface Started {
  readonly finished: Promise<void>;
}

/** What a file is, and where it stands below the root: directories, then its name. */
interface First {
  readonly place: readonly Buffer[];
  readonly made: Restored['made'];
}

export class Export {
  /** What is done: `replaced` counts what had stood there before, `kept` what was left alone. */
  readonly counts = { files: 0, bytes: 0, others: 0, replaced: 0, kept: 0 };
  readonly #client: ControlClient;
  readonly #options: ExportOptions;
  readonly #root: LocalDirectory;
  readonly #slots = new Slots(filesInFlight);
  /** Each file with several names as it is restored first, by inode; null when that failed. */
  readonly #linked = new Map<number, Promise<First | null>>();
  #fatal: unknown = null;
  /** Bytes of files that are not whole yet. */
  #partial = 0;

  /** @param root the local directory that everything goes below; the caller closes it */
  constructor(client: ControlClient, root: LocalDirectory, options: ExportOptions) {
    this.#client = client;
    this.#root = root;
    this.#options = options;
  }

  /** Bytes that have come, those of unfinished files included. */
  get bytesDone(): number {
    return this.counts.bytes + this.#partial;
  }

  /** Restores one entry that is no directory under a name of the root; `target` is its path or ID in the vault. */
  async one(entry: EntryInfo, target: string, name: Buffer): Promise<void> {
    await this.#attempt(target, [name], () => this.#leaf(this.#root, [name], entry, target));
    this.#throwFatal();
  }

  /** Merges a directory of the vault into the root itself. */
  async into(entry: EntryInfo, path: string): Promise<void> {
    const { finished } = await this.#directory(this.#root, [], entry, path);
    await finished;
    this.#throwFatal();
  }

  /**
   * Walks a directory. When that is done files below may still be on their way; `finished` resolves when all are there
   * and the directory has its attributes.
   */
  async #directory(
    local: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    path: string,
  ): Promise<Started> {
    const below: Promise<void>[] = [];
    await this.#attempt(path, place, async () => {
      local.letOwnerWrite();
      for await (const child of entriesOf(this.#client, path, true)) {
        if (this.#stopped) return;
        const name = textToBytes(child.name);
        const target = joinPath(path, child.name);
        await this.#attempt(target, [...place, name], async () => {
          refuseUnsafe(name);
          const started =
            child.kind === 'directory'
              ? await this.#subdirectory(local, [...place, name], child, target)
              : await this.#start(local, [...place, name], child, target);
          below.push(started.finished);
        });
      }
    });
    const finish = async (): Promise<void> => {
      await Promise.all(below);
      if (this.#stopped) return;
      await this.#attempt(path, place, async () => {
        for (const what of finishDirectory(local, entry)) this.#options.problems.skip(path, what);
      });
    };
    return { finished: finish() };
  }

  /** Opens or makes a directory and walks it; closed when it is finished. */
  async #subdirectory(
    parent: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    path: string,
  ): Promise<Started> {
    const local = parent.childOrNew(place.at(-1) ?? Buffer.alloc(0));
    const { finished } = await this.#directory(local, place, entry, path);
    return { finished: finished.finally(() => local.close()) };
  }

  /** Waits for a free slot and starts a file in it. */
  async #start(
    local: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    target: string,
  ): Promise<Started> {
    await this.#slots.enter();
    const done = this.#attempt(target, place, () => this.#leaf(local, place, entry, target));
    return { finished: done.finally(() => this.#slots.leave()) };
  }

  /** A file, link, FIFO or socket; further names of one file become hard links, unless others have put something in its place. */
  async #leaf(
    local: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    target: string,
  ): Promise<void> {
    const there = kindThere(local, place.at(-1) ?? Buffer.alloc(0));
    if (there !== null && this.#options.keep) {
      this.counts.kept += 1;
      return;
    }
    if (there === 'directory') throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
    await this.#restore(local, place, entry, target);
    if (there !== null) this.counts.replaced += 1;
  }

  async #restore(
    local: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    target: string,
  ): Promise<void> {
    if (entry.nlink > 1) {
      const pending = this.#linked.get(entry.inode);
      const first = pending === undefined ? null : await pending;
      if (first !== null && (await this.#link(local, place, first))) return;
    }
    const made = this.#make(local, place, entry, target);
    if (entry.nlink > 1) {
      this.#linked.set(
        entry.inode,
        made.then(
          (file) => ({ place, made: file }),
          () => null,
        ),
      );
    }
    await made;
  }

  async #make(
    local: LocalDirectory,
    place: readonly Buffer[],
    entry: EntryInfo,
    target: string,
  ): Promise<Restored['made']> {
    const name = place.at(-1) ?? Buffer.alloc(0);
    const { made, left } =
      entry.kind === 'file'
        ? await restoreFile(local, name, entry, (fd) => this.#fill(fd, entry, target))
        : await restoreSpecial(local, name, entry);
    for (const what of left) this.#options.problems.skip(target, what);
    this.#count(entry.kind === 'file');
    return made;
  }

  /** False where the first name leads to another file by now, or nowhere. */
  async #link(
    local: LocalDirectory,
    place: readonly Buffer[],
    { place: first, made }: First,
  ): Promise<boolean> {
    const opened: LocalDirectory[] = [];
    try {
      let directory = this.#root;
      for (const part of first.slice(0, -1)) {
        directory = directory.child(part);
        opened.push(directory);
      }
      const [name = Buffer.alloc(0), firstName = Buffer.alloc(0)] = [place.at(-1), first.at(-1)];
      if (!(await restoreLink(local, name, { directory, name: firstName, made }))) return false;
    } catch (error) {
      if (isElsewhere(error)) return false;
      throw error;
    } finally {
      for (const each of opened) each.close();
    }
    this.#count(true);
    return true;
  }

  #count(isFile: boolean): void {
    this.counts[isFile ? 'files' : 'others'] += 1;
    this.#options.advanced();
  }

  get #stopped(): boolean {
    return this.#fatal !== null || this.#options.stopped();
  }

  #throwFatal(): void {
    if (this.#fatal !== null) throw this.#fatal;
  }

  /** Content counts as written once all of it is there. */
  async #fill(fd: number, entry: EntryInfo, target: string): Promise<void> {
    let come = 0;
    const advance = (bytes: number): void => {
      come += bytes;
      this.#partial += bytes;
      this.#options.advanced();
    };
    try {
      await this.#read(fd, entry, target, advance);
      this.counts.bytes += come;
    } finally {
      this.#partial -= come;
    }
  }

  async #read(fd: number, entry: EntryInfo, target: string, advance: (bytes: number) => void): Promise<void> {
    // Named by its ID, a file that is replaced meanwhile is still read as one version.
    const source = entry.id ?? target;
    for (let offset = 0; offset < entry.size; ) {
      if (this.#stopped) throw new SherinError('INTERRUPTED', { what: 'this file is left out' });
      const length = Math.min(stepBytes, entry.size - offset);
      const { bytes } = await this.#client.call(
        'read',
        { target: source, offset, length, at: offset },
        { fds: [fd] },
      );
      if (bytes !== length)
        throw new SherinError('IO', { what: 'reading', part: `${bytes} of ${length} bytes came` });
      offset += bytes;
      advance(bytes);
    }
  }

  /** Notes a failure and goes on; one that no other file would escape ends the export. */
  async #attempt(target: string, place: readonly Buffer[], step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const { problems } = this.#options;
      if (error instanceof SherinError && fatal.includes(error.code)) this.#fatal ??= error;
      else if (this.#stopped) return;
      // The vault answers with errors of the table; a bare system error is one of the local place.
      else if (systemCode(error) === undefined) problems.add(target, error);
      else problems.addLocal(this.#shownPlace(place), error);
    }
  }

  #shownPlace(place: readonly Buffer[]): string {
    return join(this.#options.shown, ...place.map(bytesToText));
  }
}

/** What stands at a name, or null. */
function kindThere(local: LocalDirectory, name: Buffer): 'directory' | 'other' | null {
  try {
    return local.lstat(name).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

const fatal: readonly string[] = ['NOT_RUNNING', 'LOCKED', 'PIN_NEEDED', 'AUDIT_UNWRITABLE'];

/** Names come from the vault: none of them may lead out of the directory they are made in. */
function refuseUnsafe(name: Buffer): void {
  const part = nameFault(name);
  if (part !== null) throw new SherinError('NAME_INVALID', { path: bytesToText(name), part });
}
