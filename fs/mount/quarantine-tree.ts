/** `quarantine/<cube ID>`: what failed verification, with size and time; its bytes are never served. */
import { type CubeId, parseCubeId } from '../../common/ids.js';
import { cubeInode, generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, Node, type NodeStat } from './node.js';
import { PosixError } from './posix-error.js';
import type { Caller, MountSource, OpenFile, QuarantinedCube } from './source.js';

class QuarantinedNode extends Node {
  readonly ino: number;
  override readonly identity: CubeId;
  readonly #source: MountSource;
  readonly #cube: QuarantinedCube;

  constructor(source: MountSource, cube: QuarantinedCube) {
    super();
    this.#source = source;
    this.#cube = cube;
    this.identity = cube.cube;
    this.ino = cubeInode('quarantine', cube.cube);
  }

  override get place(): readonly string[] {
    return ['quarantine', this.identity];
  }

  override stat(): NodeStat {
    const { size, time } = this.#cube;
    const common = { ino: this.ino, kind: 'file', mode: 0, nlink: 1, size } as const;
    return { ...common, ...this.#source.owner, atime: time, mtime: time, ctime: time };
  }

  /** Root passes a mode of 0, so this says no by itself. */
  override open(): OpenFile {
    throw new PosixError('EACCES');
  }
}

export class QuarantineDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('quarantine', 0);
  readonly mode = 0o755;
  readonly #source: MountSource;

  constructor(source: MountSource) {
    super(source.owner);
    this.#source = source;
  }

  /** @throws SherinError ID_MALFORMED (EINVAL) */
  override lookup(name: Buffer, _caller: Caller): Node | undefined {
    const id = parseCubeId(name.toString('latin1'));
    const found = this.#source.quarantine().find(({ cube }) => cube === id);
    return found && new QuarantinedNode(this.#source, found);
  }

  override list(): Iterable<DirectoryEntry> {
    return this.#source
      .quarantine()
      .map(({ cube }) => ({ name: Buffer.from(cube), ino: cubeInode('quarantine', cube), kind: 'file' }));
  }
}
