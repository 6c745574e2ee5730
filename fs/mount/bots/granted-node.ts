/** `bots/<bot ID>/in/<ID>`: an object while its grant lasts; with it every read ends, those of open files too. */
import { Node, type NodeStat } from '../node.js';
import { PosixError } from '../posix-error.js';
import type { Caller, MountSource, OpenFile, ReadGrant, Ruled } from '../source.js';
import type { BotFolder, Granted } from './folders.js';

export class GrantedNode extends Node {
  readonly ino: number;
  override readonly personal = true;
  readonly #source: MountSource;
  readonly #folder: BotFolder;
  readonly #granted: Granted;

  constructor(source: MountSource, folder: BotFolder, granted: Granted) {
    super();
    this.#source = source;
    this.#folder = folder;
    this.#granted = granted;
    this.ino = granted.ino;
  }

  override get ruled(): Ruled {
    return { id: this.#granted.id };
  }

  override stat(): NodeStat {
    const common = {
      ino: this.ino,
      kind: 'file',
      mode: 0o400,
      nlink: 1,
      size: this.#granted.length,
    } as const;
    const { uid } = this.#folder;
    return { ...common, uid, gid: this.#source.owner.gid, atime: 0n, mtime: 0n, ctime: 0n };
  }

  override async open(caller: Caller): Promise<OpenFile> {
    requireGrant(this.#granted);
    return new GrantedFile(this.#granted, await this.#source.openGranted(this.#granted.id, caller));
  }

  override xattr(name: string): Buffer | undefined {
    return name === 'user.sherin.id' ? Buffer.from(this.#granted.id) : undefined;
  }
}

class GrantedFile implements OpenFile {
  readonly size: number;
  readonly #granted: Granted;
  readonly #content: OpenFile;

  constructor(granted: Granted, content: OpenFile) {
    this.#granted = granted;
    this.#content = content;
    this.size = content.size;
  }

  get kept(): boolean {
    return this.#content.kept ?? true;
  }

  /** What a driver reads by itself is taken back from it when the grant ends. */
  get grant(): ReadGrant | undefined {
    return this.#granted.ended ? undefined : this.#content.grant;
  }

  readCached(offset: number, length: number, target: Buffer): number | undefined {
    requireGrant(this.#granted);
    return this.#content.readCached(offset, length, target);
  }

  async read(offset: number, length: number, target: Buffer): Promise<number> {
    requireGrant(this.#granted);
    const read = await this.#content.read(offset, length, target);
    requireGrant(this.#granted);
    return read;
  }

  close(): void {
    this.#content.close();
  }
}

function requireGrant(granted: Granted): void {
  if (granted.ended) throw new PosixError('EACCES');
}
