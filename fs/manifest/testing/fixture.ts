/** A manifest with keys of its own in a temporary directory, for tests. */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNamespace, type SherinIdParts } from '../../../common/ids.js';
import { emptyRoot, rootOfBlocks, sha256 } from '../../../common/merkle.js';
import type { LogPoint } from '../log.js';
import { Manifest, type ManifestOptions } from '../manifest.js';
import { ObjectTreeBuilder } from '../object-tree.js';
import type { Attributes, InodeKind, Mutation } from '../records.js';

/** PrivateKeyInfo of an Ed25519 key up to its seed (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export class Fixture {
  readonly directory: string;
  readonly path: string;
  readonly uuid: Buffer;
  readonly seed: Buffer;
  readonly key: Buffer;
  readonly publicKey: Buffer;
  header = { generation: 1, hash: Buffer.alloc(32, 0x11) };
  counter = 1n;
  now = 1_700_000_000_000_000_000n;

  constructor(options: { directory?: string; seed?: Buffer; key?: Buffer } = {}) {
    this.directory = options.directory ?? mkdtempSync(join(tmpdir(), 'sherin-manifest-'));
    this.path = join(this.directory, 'manifest.db');
    this.uuid = Buffer.alloc(16, 0x22);
    this.seed = options.seed ?? randomBytes(32);
    this.key = options.key ?? randomBytes(32);
    const spki = createPublicKey(this.#privateKey()).export({ format: 'der', type: 'spki' });
    this.publicKey = Buffer.from(spki.subarray(-32));
  }

  options(): ManifestOptions {
    const key = this.#privateKey();
    return {
      path: this.path,
      key: Buffer.from(this.key),
      uuid: this.uuid,
      publicKey: this.publicKey,
      sign: (message) => sign(null, message, key),
      header: () => this.header,
      auditHead: () => ({ size: 0, root: emptyRoot }),
      counter: () => this.counter,
      now: () => {
        this.now += 1_000n;
        return this.now;
      },
    };
  }

  create(): Manifest {
    return Manifest.create(this.options());
  }

  open(expect?: LogPoint): Manifest {
    return Manifest.open(this.options(), expect);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #privateKey(): ReturnType<typeof createPrivateKey> {
    return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, this.seed]), format: 'der', type: 'pkcs8' });
  }
}

export function attributes(kind: InodeKind, over: Partial<Attributes> = {}): Attributes {
  const time = 1_600_000_000_123_456_789n;
  const target = kind === 'symlink' ? Buffer.from('target') : null;
  return {
    kind,
    mode: 0o644,
    uid: 1000,
    gid: 100,
    atime: time,
    mtime: time,
    ctime: time,
    target,
    xattrs: [],
    ...over,
  };
}

/** The put of some content of one slot, or of none. */
export function putOf(inode: number, content: Buffer, date = 20260101): Extract<Mutation, { type: 'put' }> {
  const builder = new ObjectTreeBuilder();
  if (content.length > 0) {
    const cube = {
      id: sha256(Buffer.from('cube'), content),
      root: rootOfBlocks(content),
      length: content.length,
    };
    builder.push({ kind: 'cube', cube });
  }
  const { root, node } = builder.done(content.length);
  return { type: 'put', inode, id: idOf(content, date), length: content.length, root, node, lineage: null };
}

export function idOf(content: Buffer, date = 20260101): SherinIdParts {
  return {
    namespace: parseNamespace('FILES'),
    date,
    tag: sha256(Buffer.from('id'), content).subarray(0, 16),
  };
}

/** Makes an inode and links it. */
export function make(ino: number, parent: number, name: string, kind: InodeKind = 'file'): Mutation[] {
  return [
    { type: 'attributes', inode: ino, attributes: attributes(kind) },
    { type: 'link', parent, inode: ino, name: Buffer.from(name) },
  ];
}
