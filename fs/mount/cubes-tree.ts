/** `cubes/<cube ID>`: one cube's plaintext, read-only, for root and the mount's owner. */
import { type CubeId, cubeIdFromBytes, parseCubeId } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { cubeInode, generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, Node, type NodeStat } from './node.js';
import { PosixError } from './posix-error.js';
import type { Caller, MountSource, OpenFile } from './source.js';

class CubeNode extends Node {
  readonly ino: number;
  override readonly identity: CubeId;
  readonly #source: MountSource;
  readonly #length: number;

  constructor(source: MountSource, id: CubeId, length: number) {
    super();
    this.#source = source;
    this.identity = id;
    this.#length = length;
    this.ino = cubeInode('cubes', id);
  }

  override get place(): readonly string[] {
    return ['cubes', this.identity];
  }

  override stat(): NodeStat {
    const common = { ino: this.ino, kind: 'file', mode: 0o400, nlink: 1, size: this.#length } as const;
    return { ...common, ...this.#source.owner, atime: 0n, mtime: 0n, ctime: 0n };
  }

  override async open(caller: Caller): Promise<OpenFile> {
    return this.#source.openCube(this.identity, caller);
  }
}

export class CubesDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('cubes', 0);
  readonly mode: number;
  readonly #source: MountSource;
  readonly #listed: boolean;

  /** `closed`: the driver can't name callers and others are let in, so the kernel must keep them out by mode. */
  constructor(source: MountSource, options: { readonly listIds: boolean; readonly closed: boolean }) {
    super(source.owner);
    this.#source = source;
    this.#listed = options.listIds;
    this.mode = options.closed ? 0o700 : 0o711;
  }

  /** @throws SherinError ID_MALFORMED (EINVAL); PosixError EACCES for callers that are no admins */
  override async lookup(name: Buffer, caller: Caller): Promise<Node | undefined> {
    const id = parseCubeId(name.toString('latin1'));
    if (caller.uid !== null && caller.uid !== 0 && caller.uid !== this.#source.owner.uid) {
      throw new PosixError('EACCES');
    }
    await this.#source.tree();
    const cube = this.#source.findCube(id);
    return cube && new CubeNode(this.#source, id, cube.length);
  }

  override async list(): Promise<Iterable<DirectoryEntry>> {
    if (!this.#listed) throw new PosixError('EACCES');
    await this.#source.tree();
    return entries(this.#source.cubes());
  }
}

function* entries(cubes: Iterable<CubeRef>): Iterable<DirectoryEntry> {
  for (const cube of cubes) {
    const id = cubeIdFromBytes(cube.id);
    yield { name: Buffer.from(id), ino: cubeInode('cubes', id), kind: 'file' };
  }
}
