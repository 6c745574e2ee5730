/** `.sherin/`: generated files, each read as the snapshot taken at open. There while the vault is locked. */
import { generatedInode } from './inode-numbers.js';
import { type DirectoryEntry, GeneratedDirectory, Node, type NodeStat } from './node.js';
import { type Snapshot, SnapshotKeeper } from './snapshot.js';
import type { Caller, GeneratedFile, MountSource, OpenFile } from './source.js';

class SnapshotFile implements OpenFile {
  readonly snapshot: Snapshot;
  readonly #close: () => void;

  constructor(snapshot: Snapshot, close: () => void) {
    this.snapshot = snapshot;
    this.#close = close;
  }

  get size(): number {
    return this.snapshot.content.length;
  }
  readCached(offset: number, length: number, target: Buffer): number {
    const start = Math.min(offset, this.size);
    return this.snapshot.content.copy(target, 0, start, Math.min(offset + length, this.size));
  }
  async read(offset: number, length: number, target: Buffer): Promise<number> {
    return this.readCached(offset, length, target);
  }
  close(): void {
    this.#close();
  }
}

class StatusNode extends Node {
  readonly ino: number;
  override readonly direct = true;
  readonly #file: GeneratedFile;
  readonly #keeper: SnapshotKeeper;
  readonly #owner: { readonly uid: number; readonly gid: number };

  constructor(file: GeneratedFile, ino: number, keeper: SnapshotKeeper, owner: MountSource['owner']) {
    super();
    this.#file = file;
    this.ino = ino;
    this.#keeper = keeper;
    this.#owner = owner;
  }

  override get place(): readonly string[] {
    return ['.sherin', this.#file.name];
  }

  #stat({ content, time }: Snapshot): NodeStat {
    const common = { ino: this.ino, kind: 'file', mode: this.#file.mode, nlink: 1, ...this.#owner } as const;
    return { ...common, size: content.length, atime: time, mtime: time, ctime: time };
  }

  override async stat(): Promise<NodeStat> {
    return this.#stat(await this.#keeper.current());
  }

  override statOpen(file: OpenFile): NodeStat | Promise<NodeStat> {
    return file instanceof SnapshotFile ? this.#stat(file.snapshot) : this.stat();
  }

  override async open(_caller: Caller): Promise<OpenFile> {
    const { snapshot, close } = await this.#keeper.open();
    return new SnapshotFile(snapshot, close);
  }
}

export class StatusDirectory extends GeneratedDirectory {
  readonly ino = generatedInode('status', 0);
  readonly mode = 0o755;
  readonly #source: MountSource;
  readonly #hold: number;
  readonly #keepers = new Map<string, SnapshotKeeper>();

  /** `attributeTimeout`: milliseconds for which the kernel believes a size. */
  constructor(source: MountSource, options: { readonly attributeTimeout: number }) {
    super(source.owner);
    this.#source = source;
    this.#hold = options.attributeTimeout;
  }

  override lookup(name: Buffer, _caller: Caller): Node | undefined {
    const text = name.toString('latin1');
    const files = this.#source.generated();
    const at = files.findIndex((file) => file.name === text);
    const file = files[at];
    if (file === undefined) return undefined;
    let keeper = this.#keepers.get(text);
    if (keeper === undefined) {
      keeper = new SnapshotKeeper(() => this.#content(text), this.#hold);
      this.#keepers.set(text, keeper);
    }
    return new StatusNode(file, generatedInode('status', at + 1), keeper, this.#source.owner);
  }

  override list(): Iterable<DirectoryEntry> {
    return this.#source.generated().map(({ name }, at) => ({
      name: Buffer.from(name),
      ino: generatedInode('status', at + 1),
      kind: 'file',
    }));
  }

  /** The kernel has dropped what it knew: the next reader gets a new snapshot. */
  forget(): void {
    for (const keeper of this.#keepers.values()) keeper.forget();
  }

  #content(name: string): Buffer | Promise<Buffer> {
    return (
      this.#source
        .generated()
        .find((file) => file.name === name)
        ?.content() ?? Buffer.alloc(0)
    );
  }
}
