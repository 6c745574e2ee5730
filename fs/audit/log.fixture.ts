/** Keys and events for the tests of the audit log. Ed25519 and HMAC are the real ones, over throw-away keys. */
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { system } from '../../native/index.js';
import { chainWith } from './chain.fixture.js';
import type { AuditEvent } from './event.js';
import type { AuditLogOptions } from './log.js';

export interface LogFixture extends AuditLogOptions {
  remove(): Promise<void>;
}

export async function logFixture(rotateAt?: number): Promise<LogFixture> {
  const base = await mkdtemp(join(tmpdir(), 'sherin-audit-'));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = randomBytes(32);
  const mac = (data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();
  return {
    dir: join(base, 'audit'),
    uuid: randomBytes(16),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    mac,
    chain: chainWith(mac),
    write: system.writeDurably,
    sign: (message) => sign(null, message, privateKey),
    expect: null,
    ...(rotateAt === undefined ? {} : { rotateAt }),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

export function event(n: number): AuditEvent {
  return {
    event: 'AUDIT_READ_OPEN',
    id: 'FILES_20260101_0123456789abcdef0123456789abcdef',
    actor: { uid: 1000, pid: 4242, exe: '/usr/bin/cat' },
    meta: { n, ranges: [[0, 65536]], verified: true },
  };
}

export async function segmentFiles(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => /^\d{8}\.jsonl$/.test(name)).sort();
}

/** Rewrites one file's lines; each line without its line end. */
export async function editLines(path: string, edit: (lines: string[]) => string[]): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  await writeFile(
    path,
    edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}
