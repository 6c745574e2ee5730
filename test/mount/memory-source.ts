/** A MountSource over plain memory with files that misbehave on purpose. */
import { base32Encode } from '../../common/base32.js';
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, type SherinId } from '../../common/ids.js';
import { sha256 } from '../../common/merkle.js';
import { BotFolders } from '../../fs/mount/bots/folders.js';
import { PosixError } from '../../fs/mount/posix-error.js';
import type {
  Caller,
  FileFacts,
  GeneratedFile,
  MountSource,
  OpenFile,
  Ranges,
} from '../../fs/mount/source.js';
import type { CubeRef } from '../../native/index.js';
import { fillPattern } from './content.js';
import { type Content, type MemoryTree, sizeOf } from './memory-tree.js';
import { findInode, standardTree } from './standard-tree.js';

function fill(content: Content, offset: number, target: Buffer): number {
  const length = Math.max(0, Math.min(target.length, sizeOf(content) - offset));
  if ('data' in content) content.data.copy(target, 0, offset, offset + length);
  else fillPattern(content.seed, offset, target.subarray(0, length));
  return length;
}

export const cubeText = 'plaintext of a cube\n';
export const knownCube: CubeId = cubeIdFromBytes(sha256(Buffer.from('cube')));
/** Begins as the known one does, and so has its inode number. */
const twin = Buffer.concat([sha256(Buffer.from('cube')).subarray(0, 8), Buffer.alloc(24, 7)]);
export const twinCube: CubeId = cubeIdFromBytes(twin);
export const twinText = 'another plaintext..\n';
export const quarantinedCube: CubeId = cubeIdFromBytes(sha256(Buffer.from('quarantined')));
export const unknownCube = base32Encode(sha256(Buffer.from('unknown')));

export class MemorySource implements MountSource {
  readonly owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  readonly memory: MemoryTree = standardTree();
  locked = false;
  /** Bytes of status.json. */
  statusSize = 100;
  blocks = 2 ** 34;
  opened = 0;
  closed = 0;
  reads = 0;
  greatestParallel = 0;
  #parallel = 0;
  /** Lets the reads of `hangs` and `late` go on; null once they need not wait any more. */
  hung: (() => void)[] | null = [];

  tree(): MemoryTree | Promise<MemoryTree> {
    if (this.locked) throw new SherinError('LOCKED');
    return this.memory;
  }

  /** It never is. */
  changes(): never {
    throw new PosixError('EROFS');
  }

  readonly frozen = false;

  presentChanges(): null {
    return null;
  }

  guard(): null {
    return null;
  }

  named(caller: Caller): Caller {
    return caller;
  }

  async ranges(): Promise<Ranges> {
    return { tree: await this.tree(), seek: (_ino, offset, what) => (what === 'data' ? offset : null) };
  }

  async openInode(ino: number, _caller: Caller): Promise<OpenFile> {
    const inode = (await this.tree()).inode(ino);
    const name = this.memory.linksOf(ino)[0]?.name.toString() ?? '';
    if (name === 'denied') throw new SherinError('DENIED', { uid: 0, what: 'read this' });
    return this.#file(name, inode?.content ?? { data: Buffer.alloc(0) });
  }

  prepare(): null {
    return null;
  }

  async openObject(id: SherinId, _caller: Caller): Promise<OpenFile> {
    await this.tree();
    const content = this.memory.contentOf(id);
    if (content === undefined) throw new SherinError('ID_UNKNOWN', { id });
    return this.#file('', content);
  }

  openGranted(id: SherinId, caller: Caller): Promise<OpenFile> {
    return this.openObject(id, caller);
  }

  async openCube(id: CubeId, _caller: Caller): Promise<OpenFile> {
    return this.#file('', { data: Buffer.from(id === twinCube ? twinText : cubeText) });
  }

  findCube(id: CubeId): CubeRef | undefined {
    return [...this.cubes()].find((cube) => cubeIdFromBytes(cube.id) === id);
  }
  *cubes(): Iterable<CubeRef> {
    const root = sha256(Buffer.from('root'));
    yield { id: sha256(Buffer.from('cube')), root, length: cubeText.length };
    yield { id: twin, root, length: twinText.length };
  }

  readonly bots = new BotFolders();

  generated(): readonly GeneratedFile[] {
    const status = () => Buffer.from(`${'s'.repeat(this.statusSize - 1)}\n`);
    return [
      { name: 'status.json', mode: 0o444, content: status },
      { name: 'head.json', mode: 0o444, content: async () => Buffer.from('{"size":1}\n') },
      { name: 'audit.jsonl', mode: 0o400, content: () => Buffer.alloc(300_000, 'line of audit\n') },
    ];
  }

  quarantine() {
    return [{ cube: quarantinedCube, size: 69_632, time: 1_600_000_000_000_000_000n }];
  }

  async fileFacts(ino: number): Promise<FileFacts | null> {
    const inode = this.memory.inode(ino);
    const object = inode && this.memory.object(inode.object);
    if (inode === undefined || object === undefined) return null;
    const proof = Buffer.from('{"proof":[]}');
    const fixed = { cubes: 3, verified: 1_700_000_000_000_000_000n, proof, policy: 'user' } as const;
    return { id: object.id, root: object.root, versions: inode.version, ...fixed };
  }

  async passKept(): Promise<void> {}

  async assignNamespace(): Promise<void> {
    throw new PosixError('EACCES');
  }

  namespace(): string {
    return 'FILES';
  }

  statfs() {
    const { blocks } = this;
    return { blockSize: 4096, blocks, free: blocks / 2, available: blocks / 4, files: 77, nameMax: 255 };
  }

  #file(name: string, content: Content): OpenFile {
    this.opened += 1;
    const aside = name === 'aside.bin' || name === 'hangs' || name === 'late' || name === 'faulty';
    return {
      size: sizeOf(content),
      readCached: (offset, length, target) => {
        this.reads += 1;
        if (this.locked) throw new SherinError('LOCKED');
        if (name === 'throws') throw new TypeError('a bug of this file');
        return aside ? undefined : fill(content, offset, target.subarray(0, length));
      },
      read: (offset, length, target) => this.#slow(name, content, offset, target.subarray(0, length)),
      close: () => {
        this.closed += 1;
      },
    };
  }

  async #slow(name: string, content: Content, offset: number, target: Buffer): Promise<number> {
    if (this.locked) throw new SherinError('LOCKED');
    if (name === 'faulty') throw new SherinError('CUBE_FAILED', { id: 'x', part: 'tag' });
    this.#parallel += 1;
    this.greatestParallel = Math.max(this.greatestParallel, this.#parallel);
    const { hung } = this;
    if (hung !== null && (name === 'hangs' || name === 'late'))
      await new Promise<void>((free) => hung.push(free));
    else await new Promise((resolve) => setTimeout(resolve, 5));
    this.#parallel -= 1;
    return fill(content, offset, target);
  }

  free(): void {
    const { hung } = this;
    this.hung = null;
    for (const free of hung ?? []) free();
  }

  put(path: string, text: string): number {
    const ino = findInode(this.memory, path);
    this.memory.put(ino, { data: Buffer.from(text) });
    return ino;
  }
}
