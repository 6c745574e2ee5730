/** Audit logs that the product writes, verified by the reference; then damaged in the ways FORMAT.md tells apart. */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import * as ed from '@noble/ed25519';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainWith } from '../../fs/audit/chain.fixture.js';
import { AuditLog } from '../../fs/audit/log.js';
import { system } from '../../native/index.js';
import { readArchived } from './archived.js';
import { type AuditState, verifyAudit } from './audit.js';
import { readAuditFiles } from './audit-files.js';
import type { AuditKeys } from './audit-line.js';
import { mac, publicKey, subkey } from './keys.js';
import { sampleMaster } from './samples.js';

const master = sampleMaster();
const keys: AuditKeys = { master, uuid: master.uuid, publicKey: publicKey(master) };
const offline: AuditKeys = { ...keys, master: null };
let base: string;
let segments: Uint8Array[];
let head: { size: number; root: Buffer };

async function readSegments(dir: string): Promise<Uint8Array[]> {
  const names = (await readdir(dir)).filter((name) => /^\d{8}\.jsonl$/.test(name)).sort();
  return Promise.all(names.map(async (name) => Uint8Array.from(await readFile(path(dir, name)))));
}

function openLog(dir: string): Promise<AuditLog> {
  const authenticate = (data: Buffer): Buffer => Buffer.from(mac(subkey(master, 'audit'), data));
  return AuditLog.open({
    dir,
    uuid: Buffer.from(master.uuid),
    publicKey: Buffer.from(keys.publicKey),
    mac: authenticate,
    chain: chainWith(authenticate),
    write: system.writeDurably,
    sign: (message) => Buffer.from(ed.sign(message, subkey(master, 'sign'))),
    expect: null,
    rotateAt: 12_000,
  });
}

beforeAll(async () => {
  base = await mkdtemp(path(tmpdir(), 'sherin-audit-'));
  const dir = path(base, 'audit');
  const log = await openLog(dir);
  for (let group = 0; group < 12; group++) {
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        log.append({
          event: 'AUDIT_READ_OPEN',
          id: null,
          actor: { uid: 1000, pid: 12, exe: 'cat' },
          meta: { group, n, ranges: [[0, 65536]] },
        }),
      ),
    );
  }
  head = log.head();
  await log.close();
  segments = await readSegments(dir);
});
afterAll(() => rm(base, { recursive: true }));

/** The same segments with the last one changed. */
function withLast(edit: (last: Uint8Array) => Uint8Array): Uint8Array[] {
  return [...segments.slice(0, -1), edit(segments.at(-1) ?? new Uint8Array(0))];
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

describe('audit log', () => {
  it('verifies with the master key and with the public key alone', () => {
    expect(segments.length).toBeGreaterThan(1);
    for (const with_ of [keys, offline]) {
      const state = verifyAudit(segments, with_, head);
      expect(state).toMatchObject({ records: 72, unsigned: 0, torn: 0 });
      expect(Buffer.from(state.root)).toEqual(head.root);
    }
  });

  it('refuses a flip anywhere in the first segment', () => {
    const [first = new Uint8Array(0), ...rest] = segments;
    for (let at = 3; at < first.length; at += 997) {
      expect(() => verifyAudit([flip(first, at), ...rest], keys, head), `byte ${at}`).toThrow();
    }
  });

  it('refuses a missing segment, a shorter log and another vault', () => {
    expect(() => verifyAudit(segments.slice(1), keys, null)).toThrow();
    expect(() => verifyAudit(segments.slice(0, -1), keys, head)).toThrow('shorter');
    expect(() => verifyAudit(segments, { ...offline, uuid: new Uint8Array(16) }, null)).toThrow('signature');
  });

  it('takes a torn end for a crash', () => {
    const torn = withLast((last) => Uint8Array.from([...last, ...Buffer.from('{"actor":{"ex')]));
    expect(verifyAudit(torn, keys, head)).toMatchObject({ records: 72, unsigned: 0, torn: 13 });
    const cut = withLast((last) => last.slice(0, last.lastIndexOf(10, last.length - 2) + 1));
    expect(verifyAudit(cut, keys, null).unsigned).toBeGreaterThan(0);
  });
});

describe('an audit log with archived segments', () => {
  let dir: string;
  let archive: string;
  let gone: number;

  const read = (from: string | null, with_ = keys): AuditState => {
    const { first, segments, statement } = readAuditFiles(dir, from);
    const archived = statement === null ? null : readArchived(statement, with_);
    return verifyAudit(segments, with_, head, { first, archived });
  };

  beforeAll(async () => {
    dir = path(base, 'shortened');
    archive = path(base, 'archive');
    for (const place of [dir, archive]) await cp(path(base, 'audit'), place, { recursive: true });
    const log = await openLog(dir);
    const found = await log.archivable({});
    if (found === null) throw new Error('nothing to archive');
    gone = found.size;
    await log.giveUp(found, archive);
    head = log.head();
    await log.close();
  });

  it('verifies in both places as one, and here with what is archived told', () => {
    for (const with_ of [keys, offline]) {
      expect(read(archive, with_)).toMatchObject({ records: head.size, archived: 0, unsigned: 0 });
      expect(read(null, with_)).toMatchObject({ records: head.size, archived: gone, unsigned: 0 });
    }
    const { statement } = readAuditFiles(dir);
    expect(statement && readArchived(statement, offline)).toMatchObject({ size: gone, places: [archive] });
  });

  it('is refused where another segment is missing, or the statement is not the vault’s', async () => {
    const files = readAuditFiles(dir);
    const { statement } = files;
    if (statement === null) throw new Error('no statement');
    const archived = readArchived(statement, keys);
    expect(() => verifyAudit(files.segments, keys, head, { first: files.first, archived: null })).toThrow(
      'missing',
    );
    const short = { ...archived, segments: archived.segments - 1 };
    expect(() => verifyAudit(files.segments, keys, head, { first: files.first, archived: short })).toThrow(
      'missing',
    );
    for (const other of [
      { ...archived, size: archived.size - 1 },
      { ...archived, root: new Uint8Array(32) },
    ])
      expect(() => verifyAudit(files.segments, keys, head, { first: files.first, archived: other })).toThrow(
        'does not go on',
      );
    for (let at = 5; at < statement.length; at += 41)
      expect(() => readArchived(flip(statement, at), offline), `byte ${at}`).toThrow();
    expect(() => readArchived(statement, { ...offline, uuid: new Uint8Array(16) })).toThrow('another vault');
    const elsewhere = path(base, 'elsewhere');
    await mkdir(elsewhere);
    const [last = ''] = (await readdir(dir)).filter((name) => /^\d{8}\.jsonl$/.test(name));
    await rename(path(dir, last), path(elsewhere, last));
    expect(() => read(null)).toThrow('missing');
    await rename(path(elsewhere, last), path(dir, last));
    expect(read(null).archived).toBe(gone);
  });
});
