/** How much a bot may have in its `out/`: names and bytes, those of files without a name included while they are open. */
import { placeOf, placeOfFile } from '../../manifest/tasks.js';
import type { OpenFiles } from '../open-files.js';
import { PosixError } from '../posix-error.js';
import type { MountSource, TreeView } from '../source.js';

const mostFiles = 1_000;

export class OutSpace {
  readonly #source: MountSource;
  readonly #open: OpenFiles;
  /** Where files lie that are written to, by inode. */
  readonly #directories = new Map<number, number>();

  constructor(source: MountSource, open: OpenFiles) {
    this.#source = source;
    this.#open = open;
  }

  /** Somebody opens a file to write. */
  opened(tree: TreeView, ino: number): void {
    const place = placeOfFile(tree, ino);
    if (place?.part === 'out') this.#directories.set(ino, place.directory);
  }

  /** One more name fits into a directory. @throws PosixError EDQUOT */
  requireName(tree: TreeView, directory: number): void {
    if (placeOf(tree, directory)?.part !== 'out') return;
    let count = 0;
    for (const _ of tree.list(directory)) count += 1;
    if (count >= mostFiles || this.#source.bots.mostBytes(directory) === 0) throw new PosixError('EDQUOT');
  }

  /** A file that is open may reach to `end`. @throws PosixError EDQUOT */
  require(tree: TreeView, ino: number, end: number): void {
    const directory = this.#directories.get(ino);
    if (directory === undefined) return;
    const files = new Set(Array.from(tree.list(directory), (entry) => entry.ino));
    for (const [each, where] of this.#directories) {
      if (this.#open.handlesOf(new Set([each])).length === 0) this.#directories.delete(each);
      else if (where === directory) files.add(each);
    }
    let bytes = Math.max(end, tree.inode(ino)?.size ?? 0);
    for (const each of files) if (each !== ino) bytes += tree.inode(each)?.size ?? 0;
    if (bytes > this.#source.bots.mostBytes(directory)) throw new PosixError('EDQUOT');
  }
}
