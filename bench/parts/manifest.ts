/** K2 and its growth: opening and verifying a manifest, in a process of its own, from its snapshot, and after a crash with the tail that commit() leaves. */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseNamespace } from '../../common/ids.js';
import { sha256 } from '../../common/merkle.js';
import { Manifest, type ManifestOptions } from '../../fs/manifest/manifest.js';
import { ObjectTreeBuilder } from '../../fs/manifest/object-tree.js';
import type { Attributes, Mutation } from '../../fs/manifest/records.js';
import { command } from '../command.js';
import { type Row, seconds } from '../measure.js';
import type { OpenFigures } from './manifest-open.js';
import { growing, type Part } from './part.js';
import { straightLine } from './straight-line.js';

const perDirectory = 500;
const namespace = parseNamespace('FILES');

export const manifest: Part = async (options) => {
  const { rounds, say } = options;
  const sizes = growing(options.files, 10, options);
  const rows: Row[] = [];
  for (const files of sizes) {
    const directory = mkdtempSync(join(tmpdir(), 'sherin-bench-'));
    try {
      say(`manifest of ${files} files`);
      rows.push(...(await measure(directory, files, rounds)));
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  const show = (files: number): string => `${files.toLocaleString('en-US')} files`;
  const lines = works.map((work) =>
    straightLine(
      sizes,
      rows.filter((row) => row.work.startsWith(work)),
      show,
    ),
  );
  return [...rows, ...lines];
};

/** What must not grow faster than the number of files. */
const works = [
  'manifest opened and verified from its snapshot',
  'memory to open from its snapshot',
  'manifest opened and verified after a crash',
] as const;

async function measure(directory: string, files: number, rounds: number): Promise<Row[]> {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, randomBytes(32)]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
  const secret = randomBytes(32);
  const path = join(directory, 'manifest.db');
  const options: ManifestOptions = {
    path,
    key: Buffer.from(secret),
    uuid: Buffer.alloc(16),
    publicKey,
    sign: (message) => sign(null, message, key),
    header: () => ({ generation: 1, hash: Buffer.alloc(32) }),
    auditHead: () => ({ size: 0, root: Buffer.alloc(32) }),
    counter: () => 1n,
  };
  const made = Manifest.create(options);
  const batches = [...tree(made, files)];
  const committing =
    (await seconds(() => {
      for (const batch of batches) made.commit(batch, [], []);
    })) / batches.length;
  const tailPath = join(directory, 'tail.db');
  made.checkpoint();
  copyFileSync(path, tailPath);
  const writing = await seconds(() => made.snapshot());
  made.close();

  const row = (work: string, unit: string, samples: number[]): Row => {
    return {
      id: 'K2',
      work: `${work}, ${files.toLocaleString('en-US')} files`,
      place: 'disk',
      unit,
      better: 'less',
      samples: new Map([['sherin', samples]]),
    };
  };
  const opened = await openings(rounds, path, publicKey, secret);
  const replayed = await openings(rounds, tailPath, publicKey, secret);
  return [
    row(
      'manifest opened and verified from its snapshot',
      'ms',
      opened.map(({ ms }) => ms),
    ),
    row(
      'memory to open from its snapshot',
      'MB',
      opened.map(({ megabytes }) => megabytes),
    ),
    row(
      'manifest opened and verified after a crash',
      'ms',
      replayed.map(({ ms }) => ms),
    ),
    row(
      'memory to open after a crash',
      'MB',
      replayed.map(({ megabytes }) => megabytes),
    ),
    row('commit of 500 new files', 'ms', [committing * 1000]),
    row('snapshot written', 'ms', [writing * 1000]),
  ];
}

async function openings(
  rounds: number,
  path: string,
  publicKey: Buffer,
  key: Buffer,
): Promise<OpenFigures[]> {
  const script = fileURLToPath(new URL('./manifest-open.js', import.meta.url));
  const figures: OpenFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    const output = await command(process.execPath, [script, path, publicKey.toString('hex')], {
      input: key.toString('hex'),
    });
    figures.push(JSON.parse(output) as OpenFigures);
  }
  return figures;
}

/** Batches that make directories of 500 files each, every file with content of its own. */
function* tree(manifest: Manifest, files: number): Iterable<Mutation[]> {
  for (let from = 0; from < files; from += perDirectory) {
    const parent = manifest.newInode();
    const batch: Mutation[] = [
      { type: 'attributes', inode: parent, attributes: attributes('directory') },
      { type: 'link', parent: 1, inode: parent, name: Buffer.from(`directory-${from}`) },
    ];
    for (let i = from; i < Math.min(from + perDirectory, files); i++) {
      const inode = manifest.newInode();
      batch.push(
        { type: 'attributes', inode, attributes: attributes('file') },
        { type: 'link', parent, inode, name: Buffer.from(`file number ${i}.txt`) },
        put(inode, i),
      );
    }
    yield batch;
  }
}

function put(inode: number, i: number): Mutation {
  const name = Buffer.from(String(i));
  const length = 4096;
  const root = sha256(Buffer.from('root'), name);
  const builder = new ObjectTreeBuilder();
  builder.push({ kind: 'cube', cube: { id: sha256(Buffer.from('cube'), name), root, length } });
  const tree = builder.done(length);
  const id = { namespace, date: 20260101, tag: sha256(Buffer.from('id'), name).subarray(0, 16) };
  return { type: 'put', inode, id, length, root: tree.root, node: tree.node, lineage: null };
}

function attributes(kind: 'file' | 'directory'): Attributes {
  const time = 1_700_000_000_000_000_000n;
  return {
    kind,
    mode: 0o755,
    uid: 0,
    gid: 0,
    atime: time,
    mtime: time,
    ctime: time,
    target: null,
    xattrs: [],
  };
}

/** PrivateKeyInfo of an Ed25519 key up to its seed (RFC 8410). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
