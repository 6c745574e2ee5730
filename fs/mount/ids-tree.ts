/** `ids/<Sherin ID>`: objects by ID, read-only; what only one user may read is there for no other. */
import { asSherinId, parseSherinId, type SherinId } from '../../common/ids.js';
import type { ObjectInfo } from '../manifest/tree.js';
import { generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, Node, type NodeStat } from './node.js';
import { PosixError } from './posix-error.js';
import { isPersonal, objectReach } from './reach.js';
import { sherinXattr } from './sherin-xattrs.js';
import type { Caller, MountSource, OpenFile, Ruled, TreeView } from './source.js';

/** Nanoseconds of the ID's UTC date: an object never changes, so that is all its times. */
function dateOf(id: SherinId): bigint {
  const { date } = parseSherinId(id);
  return (
    BigInt(Date.UTC(Math.floor(date / 10_000), (Math.floor(date / 100) % 100) - 1, date % 100)) * 1_000_000n
  );
}

class ObjectNode extends Node {
  readonly ino: number;
  /** Who may read it changes with the modes of its files, and the kernel is not told: it asks at each open. */
  override readonly personal = true;
  readonly #source: MountSource;
  readonly #object: ObjectInfo;

  constructor(source: MountSource, object: ObjectInfo) {
    super();
    this.#source = source;
    this.#object = object;
    this.ino = generatedInode('ids', object.no);
  }

  override get place(): readonly string[] {
    return ['ids', this.#object.id];
  }

  override get ruled(): Ruled {
    return { id: this.#object.id };
  }

  override async stat(): Promise<NodeStat> {
    const { no, id, length } = this.#object;
    const tree = await this.#source.tree();
    const reach = objectReach(tree, no, this.#source.owner);
    const time = dateOf(id);
    return {
      ino: this.ino,
      kind: 'file',
      ...reach,
      nlink: 1,
      size: length,
      stored: tree.storedBytes(no),
      atime: time,
      mtime: time,
      ctime: time,
    };
  }

  override async open(caller: Caller): Promise<OpenFile> {
    return this.#source.openObject(this.#object.id, caller);
  }

  override async xattr(name: string): Promise<Buffer | undefined> {
    const { no, id, root } = this.#object;
    if (name === 'user.sherin.id') return Buffer.from(id);
    if (name === 'user.sherin.root') return Buffer.from(root.toString('hex'));
    const tree = await this.#source.tree();
    const [ino] = tree.inodesOf(no);
    const inode = ino === undefined ? undefined : tree.inode(ino);
    return inode && sherinXattr(this.#source, inode, name);
  }
}

export class IdsDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('ids', 0);
  readonly mode = 0o711;
  readonly #source: MountSource;
  readonly #listed: boolean;

  constructor(source: MountSource, options: { readonly listIds: boolean }) {
    super(source.owner);
    this.#source = source;
    this.#listed = options.listIds;
  }

  /** @throws SherinError ID_MALFORMED (EINVAL) */
  override async lookup(name: Buffer, { uid }: Caller): Promise<Node | undefined> {
    const parts = parseSherinId(asSherinId(name.toString('latin1')));
    const tree = await this.#source.tree();
    const object = tree.objectById(parts);
    if (object === undefined) return undefined;
    const reach = objectReach(tree, object.no, this.#source.owner);
    const isStranger = uid !== null && uid !== 0 && uid !== reach.uid;
    // Where a group may read the kernel decides: it knows all groups of a caller.
    if (isPersonal(reach) && isStranger) return undefined;
    return new ObjectNode(this.#source, object);
  }

  override async list(): Promise<Iterable<DirectoryEntry>> {
    if (!this.#listed) throw new PosixError('EACCES');
    return objects(await this.#source.tree());
  }
}

function* objects(tree: TreeView): Iterable<DirectoryEntry> {
  const count = tree.counts().objects;
  for (let no = 1; no <= count; no++) {
    const object = tree.object(no);
    if (object) yield { name: Buffer.from(object.id), ino: generatedInode('ids', no), kind: 'file' };
  }
}
