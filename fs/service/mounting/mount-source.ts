import { SherinError } from '../../../common/errors.js';
import { type CubeId, parseSherinId, type SherinId } from '../../../common/ids.js';
import { proofText } from '../../../common/proof-document.js';
import { uuidText } from '../../../common/vault-key.js';
import type { CubeRef } from '../../../native/index.js';
import { countSlots } from '../../cube/catalog.js';
import { encodeHead } from '../../manifest/head.js';
import type { Manifest } from '../../manifest/manifest.js';
import { namespaceBelow } from '../../manifest/namespaces.js';
import type { Tree } from '../../manifest/tree.js';
import { BotFolders } from '../../mount/bots/folders.js';
import { PosixError } from '../../mount/posix-error.js';
import type {
  AccessGuard,
  Caller,
  Changes,
  FileFacts,
  GeneratedFile,
  MountSource,
  OpenFile,
  PreparedFile,
  QuarantinedCube,
  Ranges,
  Space,
  TreeView,
} from '../../mount/source.js';
import { diskSpace } from '../disk-space.js';
import { assignNamespace, type GivenNamespace } from '../namespaces/assigning.js';
import { strictest } from '../objects/strictest.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { generatedFiles } from './generated.js';

const spaceEveryMs = 5_000;

/** Answers the mount from the vault; while locked only what needs no key. */
export class VaultSource implements MountSource {
  readonly owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  readonly bots: BotFolders;
  readonly #vault: VaultView;
  readonly #allowOther: boolean;
  readonly #end: bigint | null;
  /** The past tree of a session, once it is there. */
  #past: { readonly session: Session; readonly tree: Tree } | null = null;
  #space: Space = { blockSize: 4096, blocks: 0, free: 0, available: 0, files: 0, nameMax: 255 };
  #spaceTimer: NodeJS.Timeout | null = null;

  /**
   * @param allowOther other users may come; else every caller is the owner, even where the driver tells nothing
   * @param end shows the tree as it was before this time (nanoseconds since 1970); null: as it is
   */
  constructor(vault: VaultView, allowOther: boolean, end: bigint | null) {
    this.#vault = vault;
    this.#allowOther = allowOther;
    this.#end = end;
    // A tree of the past has no bots at work.
    this.bots = end === null ? vault.folders : new BotFolders();
  }

  /** Keeps the answer of statfs fresh in the background, so that `df` never waits for a disk. */
  async start(): Promise<void> {
    await this.#measure();
    this.#spaceTimer = setInterval(() => void this.#measure().catch(() => undefined), spaceEveryMs);
    this.#spaceTimer.unref();
  }

  stop(): void {
    this.#past = null;
    if (this.#spaceTimer !== null) clearInterval(this.#spaceTimer);
  }

  tree(): TreeView | Promise<TreeView> {
    const session = this.#vault.current();
    if (session === null) this.#past = null;
    const there = session === null ? null : this.#treeNow(session);
    return there ?? this.#vault.unlocked().then((unlocked) => this.#treeOf(unlocked));
  }

  get frozen(): boolean {
    return this.#end !== null || this.#vault.frozen;
  }

  changes(): Changes | Promise<Changes> {
    if (this.frozen) throw new PosixError('EROFS');
    const session = this.#vault.current();
    return session?.changes ?? this.#vault.unlocked().then((unlocked) => unlocked.changes);
  }

  presentChanges(): Changes | null {
    if (this.#end !== null) return null;
    return this.#vault.current()?.changes ?? null;
  }

  guard(): AccessGuard | null | Promise<AccessGuard | null> {
    const session = this.#vault.current();
    const past = this.#end !== null && session !== null ? this.#treeNow(session) : null;
    if (session === null || (this.#end !== null && past === null)) return this.#guardLater();
    return session.rules.guard(past);
  }

  named(caller: Caller): Caller {
    return caller.uid !== null || this.#allowOther ? caller : { ...this.owner, pid: caller.pid };
  }

  async ranges(): Promise<Ranges> {
    const session = await this.#vault.unlocked();
    const tree = await this.#treeOf(session);
    return { tree, seek: (ino, offset, what) => session.changes.seek(tree, ino, offset, what) };
  }

  async openInode(ino: number, caller: Caller, again = false): Promise<OpenFile> {
    const session = await this.#vault.unlocked();
    const tree = await this.#treeOf(session);
    const inode = tree.inode(ino);
    if (inode === undefined) throw new SherinError('PATH_MISSING', { path: `inode ${ino}` });
    const object = inode.object === 0 ? null : (tree.object(inode.object) ?? null);
    return session.openFile(ino, object, this.named(caller), tree, again);
  }

  prepare(ino: number): PreparedFile | null {
    const session = this.#vault.current();
    const tree = session && this.#treeNow(session);
    const prepared = tree === null ? null : (session?.prepare(ino, tree) ?? null);
    if (prepared === null) return null;
    const { reader, cube, content } = prepared;
    return { reader, cube, content, note: (caller) => prepared.note(this.named(caller)) };
  }

  async openObject(id: SherinId, caller: Caller): Promise<OpenFile> {
    const session = await this.#vault.unlocked();
    const tree = await this.#treeOf(session);
    const object = tree.objectById(parseSherinId(id));
    if (object === undefined) throw new SherinError('ID_UNKNOWN', { id });
    const inodes = tree.inodesOf(object.no);
    const [ino, ...others] = inodes;
    await session.rights.requireTags(others, object.id, this.named(caller), tree);
    return session.openContent({ ino: ino ?? null, object, inodes }, this.named(caller), tree);
  }

  async openGranted(id: SherinId, caller: Caller): Promise<OpenFile> {
    const session = await this.#vault.unlocked();
    const object = session.tree.objectById(parseSherinId(id));
    if (object === undefined) throw new SherinError('ID_UNKNOWN', { id });
    return session.openContent({ ino: null, object }, this.named(caller));
  }

  async openCube(id: CubeId, caller: Caller): Promise<OpenFile> {
    const session = await this.#vault.unlocked();
    const cube = session.catalog.find(id);
    if (cube === undefined) throw new SherinError('ID_UNKNOWN', { id });
    return session.openCube(cube, this.named(caller));
  }

  findCube(id: CubeId): CubeRef | undefined {
    return this.#vault.current()?.catalog.find(id);
  }

  *cubes(): Iterable<CubeRef> {
    const session = this.#vault.current();
    if (session === null) return;
    for (const [, { cube }] of session.catalog.entries()) yield cube;
  }

  generated(): readonly GeneratedFile[] {
    return generatedFiles(this.#vault);
  }

  quarantine(): readonly QuarantinedCube[] {
    const session = this.#vault.current();
    if (session === null) return [];
    return [...session.manifest.tree.quarantine()].map(({ cube, time }) => ({
      cube,
      time,
      size: session.store.quarantinedSize(cube) ?? 0,
    }));
  }

  async fileFacts(ino: number): Promise<FileFacts | null> {
    const session = await this.#vault.unlocked();
    const { manifest } = session;
    const vault = this.#vault;
    // Its ID is there as soon as it is asked for.
    if (this.#end === null && session.writing.mayLackVersion(ino)) await session.writing.durable(ino);
    const tree = await this.#treeOf(session);
    const inode = tree.inode(ino);
    const object = inode === undefined ? undefined : tree.object(inode.object);
    if (inode === undefined || object === undefined) return null;
    return {
      id: object.id,
      get cubes() {
        return countSlots(manifest, object).cubes;
      },
      root: object.root,
      verified: session.verifiedAt(object.no) ?? null,
      get proof() {
        return objectProof(manifest, vault.uuid, object.id, inode.putIndex);
      },
      versions: inode.version,
      policy: strictest(tree.policiesOf(ino)),
    };
  }

  async passKept(ino: number, caller: Caller): Promise<void> {
    const { namespaces, tree, gate } = await this.#vault.unlocked();
    const object = tree.object(tree.objectOfFile(ino) ?? 0) ?? null;
    const settings = namespaces.ofContent({ ino, object }, [tree]);
    if (settings.unseal === 'per-open') await gate.pass(settings, object?.id ?? null, this.named(caller));
  }

  async assignNamespace(ino: number, given: GivenNamespace | null, caller: Caller): Promise<void> {
    const session = await this.#vault.unlocked();
    const named = this.named(caller);
    await session.rights.requireAdmin(named, 'namespaces.assign', 'give a directory a namespace');
    await assignNamespace(session, ino, given, named);
  }

  async namespace(ino: number): Promise<string> {
    const session = await this.#vault.unlocked();
    return namespaceBelow(await this.#treeOf(session), ino);
  }

  statfs(): Space {
    return this.#space;
  }

  /** Null where it has to be made first. */
  #treeNow(session: Session): Tree | null {
    if (this.#end === null) return session.tree;
    return this.#past?.session === session ? this.#past.tree : null;
  }

  async #treeOf(session: Session): Promise<Tree> {
    if (this.#end === null) return session.tree;
    const tree = await session.past.at(this.#end);
    this.#past = { session, tree };
    return tree;
  }

  async #guardLater(): Promise<AccessGuard | null> {
    const session = await this.#vault.unlocked();
    return session.rules.guard(this.#end === null ? null : await this.#treeOf(session));
  }

  async #measure(): Promise<void> {
    const { blockSize, blocks, free, available } = await diskSpace(this.#vault.vaultPath);
    const files = this.#vault.current()?.manifest.tree.counts().inodes ?? this.#space.files;
    this.#space = {
      blockSize,
      blocks,
      free: Math.max(0, free),
      available: Math.max(0, available),
      files,
      nameMax: 255,
    };
  }
}

/** That the object is the content of a file, under the present tree head. */
function objectProof(manifest: Manifest, uuid: Buffer, id: SherinId, record: number): Buffer {
  const { index, path } = manifest.proof(record);
  const { head } = manifest;
  const document = proofText({
    ...{ v: 1, kind: 'object-inclusion', vault: uuidText(uuid), id, index },
    record: manifest.recordBytes(record).toString('base64'),
    path: path.map((hash) => hash.toString('base64')),
    head: { layout: encodeHead(head).toString('base64'), signature: head.signature.toString('base64') },
  });
  return Buffer.from(document);
}
