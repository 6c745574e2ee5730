/** `bots/<bot ID>/in` and `out`: what a bot was granted, and where it writes; for its uid and root. */
import { asSherinId } from '../../../common/ids.js';
import { PersonalNode } from '../files-tree.js';
import { generatedInode } from '../inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, type Node } from '../node.js';
import type { Caller, MountSource } from '../source.js';
import type { BotFolder } from './folders.js';
import { GrantedNode } from './granted-node.js';

/** Inode numbers of a folder and of its `in/`; 0 is that of `bots/`. */
function folderInode({ number }: BotFolder): number {
  return generatedInode('bots', 1 + 2 * number);
}
function inInode({ number }: BotFolder): number {
  return generatedInode('bots', 2 + 2 * number);
}

export class BotsDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('bots', 0);
  readonly mode = 0o711;
  readonly #source: MountSource;

  constructor(source: MountSource) {
    super(source.owner);
    this.#source = source;
  }

  /** Where the driver does not tell who calls, the mode of the folder keeps others out. */
  override lookup(name: Buffer, { uid }: Caller): Node | undefined {
    const folder = this.#source.bots.get(name.toString('latin1'));
    const others = folder !== undefined && uid !== null && uid !== 0 && uid !== folder.uid;
    return folder === undefined || others ? undefined : new BotDirectory(this.#source, folder);
  }

  override list(): Iterable<DirectoryEntry> {
    const folders = [...this.#source.bots.all()];
    return folders.map((folder) => ({
      name: Buffer.from(folder.bot),
      ino: folderInode(folder),
      kind: 'directory',
    }));
  }
}

/** A directory that only a bot's uid, and root, may read. */
abstract class BotsOwn extends GeneratedDirectory {
  override readonly personal = true;
  readonly mode = 0o500;
  protected readonly source: MountSource;
  protected readonly folder: BotFolder;

  constructor(source: MountSource, folder: BotFolder) {
    super({ uid: folder.uid, gid: source.owner.gid });
    this.source = source;
    this.folder = folder;
  }
}

class BotDirectory extends BotsOwn {
  readonly ino = folderInode(this.folder);

  override lookup(name: Buffer, _caller: Caller): Node | undefined {
    const text = name.toString('latin1');
    if (text === 'in') return new InDirectory(this.source, this.folder);
    return text === 'out' ? new PersonalNode(this.source, this.folder.out) : undefined;
  }

  override list(): Iterable<DirectoryEntry> {
    const { out } = this.folder;
    return [
      { name: Buffer.from('in'), ino: inInode(this.folder), kind: 'directory' },
      { name: Buffer.from('out'), ino: out, kind: 'directory' },
    ];
  }
}

class InDirectory extends BotsOwn {
  readonly ino = inInode(this.folder);

  /** @throws SherinError ID_MALFORMED (EINVAL) */
  override lookup(name: Buffer, _caller: Caller): Node | undefined {
    const granted = this.folder.granted.get(asSherinId(name.toString('latin1')));
    return granted && new GrantedNode(this.source, this.folder, granted);
  }

  override list(): Iterable<DirectoryEntry> {
    return [...this.folder.granted.values()].map(({ id, ino }) => ({
      name: Buffer.from(id),
      ino,
      kind: 'file',
    }));
  }
}
