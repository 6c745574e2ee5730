/** Writes a small vault with the reference alone: fixed keys, any slots, so that readers can be tested on rare shapes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { toBase32 } from './base32.js';
import { i64, join, toBase64, u64 } from './bytes.js';
import type { EncodeOptions } from './cube.js';
import { encodeCube } from './cube.js';
import { encodeHead, signHead, type TreeHead } from './head.js';
import { encodeHeader, parseHeader } from './header.js';
import { type JsonObject, jcs } from './json.js';
import { type Master, mac, publicKey, sign, subkey } from './keys.js';
import { encodeSegment } from './log-copy.js';
import { applicationId, schema } from './manifest.js';
import { leafHash, mth } from './merkle.js';
import { nodeId } from './object-tree.js';
import { encodeRecord, type LogRecord } from './records.js';
import { recoverySlotKey, wrap } from './slots.js';

const zero32 = new Uint8Array(32);

export interface Assembly {
  readonly master: Master;
  readonly recoveryKey: Uint8Array;
  readonly owned: boolean;
  readonly records: readonly LogRecord[];
  readonly nodes: readonly Uint8Array[];
  /** Contents of cubes and how each is stored. */
  readonly cubes: readonly (EncodeOptions & { readonly content: Uint8Array })[];
}

/** The copy of the log: a segment that a later one takes the end of, and what a crash has left behind that. */
function writeLogCopy(
  folder: string,
  { master, nodes }: Assembly,
  head: TreeHead,
  records: readonly Uint8Array[],
): void {
  mkdirSync(folder);
  const half = Math.floor(records.length / 2);
  const before: TreeHead = { ...head, size: half + 1, root: mth(records.slice(0, half + 1)) };
  const salt = (byte: number) => new Uint8Array(32).fill(byte);
  const first = [{ records: records.slice(0, half + 1), nodes: [], head: before }];
  writeFileSync(
    path(folder, '00000001.log'),
    encodeSegment(master, { number: 1, salt: salt(1), first: 0 }, first),
  );
  const second = [
    { records: records.slice(half, half + 1), nodes, head: before },
    { records: records.slice(half + 1), nodes: [], head },
  ];
  const file = encodeSegment(master, { number: 3, salt: salt(3), first: half }, second);
  writeFileSync(path(folder, '00000003.log'), join(file, new Uint8Array(100).fill(1)));
}

function uuidText(uuid: Uint8Array): string {
  const hex = Buffer.from(uuid).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `vault.json` with one recovery slot. */
export function headerFile({
  master,
  recoveryKey,
  owned,
}: Pick<Assembly, 'master' | 'recoveryKey' | 'owned'>): Uint8Array {
  const slot = { id: 0, type: 'recovery', salt: toBase64(new Uint8Array(32).fill(5)) };
  const nonce = new Uint8Array(12).fill(6);
  const unsigned: JsonObject = {
    format: 1,
    suite: 1,
    uuid: uuidText(master.uuid),
    generation: 1,
    created: '2026-01-02T03:04:05Z',
    epoch: 0,
    pad: '4k',
    owned,
    publicKey: toBase64(publicKey(master)),
    counter: null,
    slots: [wrap(master.uuid, slot, recoverySlotKey(slot, recoveryKey), master.vmk, nonce)],
  };
  return encodeHeader(master, unsigned);
}

/** A log of one record under one head, and its size and root. */
function auditSegment(master: Master): { file: Uint8Array; size: number; root: Uint8Array } {
  const key = subkey(master, 'audit');
  const time = '1767322800000000000';
  const signed = (size: number, root: Uint8Array): string =>
    toBase64(sign(master, 'audit-head', join(u64(size), root, i64(BigInt(time)))));
  const maced = (line: JsonObject): JsonObject => ({ ...line, mac: toBase64(mac(key, join(jcs(line)))) });
  const empty = toBase64(mth([]));
  const start = { segment: 1, size: 0, root: empty, time, frontier: [], prev: toBase64(zero32) };
  const checkpoint = { ...maced({ v: 1, checkpoint: start }), signature: signed(0, mth([])) };
  const actor = { uid: 0, pid: null, exe: null };
  const facts = { v: 1, seq: 0, ts: '2026-01-02T03:04:05.000Z', event: 'AUDIT_VAULT_CREATE', id: null };
  const record = join(jcs(maced({ ...facts, actor, meta: {}, prev: toBase64(zero32) })));
  const root = leafHash(record);
  const head = { v: 1, head: { size: 1, root: toBase64(root), time }, signature: signed(1, root) };
  return { file: join(jcs(checkpoint), '\n', record, '\n', jcs(head), '\n'), size: 1, root };
}

function writeManifest(
  file: string,
  assembly: Assembly,
  head: TreeHead,
  records: readonly Uint8Array[],
): void {
  const database = new Database(file);
  database.pragma("cipher='chacha20'");
  database.key(Buffer.from(join('raw:', subkey(assembly.master, 'manifest'))));
  database.pragma('journal_mode=WAL');
  database.pragma(`application_id=${applicationId}`);
  database.pragma('user_version=1');
  for (const statement of schema) database.exec(statement);
  database
    .prepare('INSERT INTO head VALUES (1, ?, ?)')
    .run(encodeHead(head), signHead(assembly.master, head));
  const record = database.prepare('INSERT INTO records VALUES (?, ?)');
  for (const [seq, bytes] of records.entries()) record.run(seq, bytes);
  const node = database.prepare('INSERT INTO nodes VALUES (?, ?)');
  for (const bytes of assembly.nodes) node.run(nodeId(bytes), bytes);
  database.close();
}

/** Writes the vault into an empty directory. */
export function assembleVault(dir: string, assembly: Assembly): void {
  const { master } = assembly;
  const header = headerFile(assembly);
  writeFileSync(path(dir, 'vault.json'), header);
  for (const { content, ...options } of assembly.cubes) {
    const { ref, file } = encodeCube(master, content, options);
    const id = toBase32(ref.id);
    mkdirSync(path(dir, 'cubes', id.slice(0, 2)), { recursive: true });
    writeFileSync(path(dir, 'cubes', id.slice(0, 2), `${id}.cube`), file);
  }
  const audit = auditSegment(master);
  mkdirSync(path(dir, 'audit'));
  writeFileSync(path(dir, 'audit', '00000001.jsonl'), audit.file);
  const records = assembly.records.map(encodeRecord);
  const head: TreeHead = {
    size: records.length,
    root: mth(records),
    time: 1767322800000000000n,
    nv: 0n,
    headerGeneration: 1,
    headerHash: parseHeader(header).hash,
    auditSize: audit.size,
    auditRoot: audit.root,
    snapshotSize: 0,
    stateRoot: zero32,
    journal: 0,
    journalEpoch: new Uint8Array(8),
  };
  writeManifest(path(dir, 'manifest.db'), assembly, head, records);
  writeLogCopy(path(dir, 'log'), assembly, head, records);
}
