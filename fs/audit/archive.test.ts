/** Old segments kept elsewhere: what goes, what is found where, and what an attacker or a crash makes of it. */
import { generateKeyPairSync } from 'node:crypto';
import {
  appendFile,
  copyFile,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { leafHash } from '../../common/merkle.js';
import { rootFromInclusion } from '../../common/merkle-proofs.js';
import type { Archivable } from './archivable.js';
import { copyArchive } from './archive-copy.js';
import { archivedName } from './archived.js';
import { event, type LogFixture, logFixture, segmentFiles } from './log.fixture.js';
import { AuditLog } from './log.js';
import { type ArchivedProof, proveArchived } from './prove-archived.js';
import { segmentName } from './segment.js';
import { verifyAudit } from './verify.js';

let fixture: LogFixture;
let archive: string;
beforeEach(async () => {
  fixture = await logFixture(5000);
  archive = join(fixture.dir, '..', 'archive');
  await mkdir(archive);
});
afterEach(() => fixture.remove());

async function append(log: AuditLog, count: number): Promise<void> {
  for (let n = 0; n < count; n += 5)
    await Promise.all(Array.from({ length: 5 }, (_, at) => log.append(event(n + at))));
}

function copy({ from, to }: Archivable, target = archive): Promise<number> {
  const key = { uuid: fixture.uuid, publicKey: fixture.publicKey };
  return copyArchive({
    from: fixture.dir,
    to: target,
    key,
    first: from,
    last: to,
    progress: () => undefined,
  });
}

function proveFrom(folder: string, seq: number): Promise<ArchivedProof> {
  const key = { uuid: fixture.uuid, publicKey: fixture.publicKey };
  return proveArchived({ dir: fixture.dir, archive: folder, key }, seq);
}

/** What sherinctl and sherin-fs do together. */
async function archiveAll(
  log: AuditLog,
  wish: Parameters<AuditLog['archivable']>[0] = {},
): Promise<Archivable> {
  const found = await log.archivable(wish);
  if (found === null) throw new Error('nothing to archive');
  await copy(found);
  expect(await log.giveUp(found, archive)).toBeGreaterThan(0);
  return found;
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  );

/** As the next session finds it. */
const opening = async (expect_: LogFixture['expect'] = null): Promise<void> => {
  const log = await AuditLog.open({ ...fixture, expect: expect_ });
  await log.close();
};
const answers = async (): Promise<unknown[]> => [await code(opening()), await code(verifyAudit(fixture))];

describe('what is archived', () => {
  test('is gone from the vault, and the log goes on, proves and verifies in both places as one', async () => {
    const log = await AuditLog.open(fixture);
    await append(log, 40);
    const early = log.head();
    await append(log, 60);
    const whole = await verifyAudit(fixture);
    const found = await archiveAll(log, { keep: 2 });
    const left = await segmentFiles(fixture.dir);
    expect(left).toEqual([segmentName(found.to + 1), segmentName(found.to + 2)]);
    await append(log, 10);
    const late = log.head();
    // Here: from the first record that is left.
    expect((await log.tail(1000)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 110 - found.size }, (_, at) => found.size + at),
    );
    expect(await log.before(found.size + 1, 5)).toHaveLength(1);
    expect(await log.before(found.size, 5)).toEqual([]);
    for (const seq of [found.size, 109]) {
      const { leaf, path, head } = await log.prove(seq);
      expect(rootFromInclusion(seq, head.size, leaf, path)?.toString('base64')).toBe(head.root);
    }
    await expect(log.prove(3)).rejects.toMatchObject({ code: 'RECORD_ARCHIVED', context: { path: archive } });
    await expect(log.proveConsistency(40, 110)).rejects.toMatchObject({ code: 'RECORD_ARCHIVED' });
    expect((await log.proveConsistency(found.size, 110)).to?.size).toBe(110);
    await log.close();
    // What the manifest names may be older than what is left.
    for (const head of [early, late]) await opening(head);
    await expect(opening({ size: 200, root: early.root })).rejects.toMatchObject({ code: 'ROLLBACK' });

    const here = await verifyAudit(fixture);
    expect(here).toMatchObject({
      records: 110,
      archived: {
        segments: found.to,
        records: found.size,
        parts: [{ from: 1, to: found.to, place: archive }],
      },
    });
    const both = await verifyAudit({ ...fixture, archive, expect: early });
    expect(both).toMatchObject({ records: 110, archived: null });
    expect(both.heads).toBeGreaterThan(whole.heads);
    for (const seq of [0, found.size - 1, found.size, 109]) {
      const { leaf, path, head, record } = await proveFrom(archive, seq);
      expect(leafHash(Buffer.from(record))).toEqual(leaf);
      expect(JSON.parse(record)).toMatchObject({ seq });
      expect(head).toMatchObject({ size: 110, root: late.root.toString('base64') });
      expect(rootFromInclusion(seq, 110, leaf, path)?.toString('base64')).toBe(head.root);
    }
    expect(await code(proveFrom(archive, 110))).toBe('RECORD_UNKNOWN');
    // The archive alone is a log, too.
    expect(await verifyAudit({ ...fixture, dir: archive })).toMatchObject({
      records: found.size,
      archived: null,
    });
  });

  test('is all of it where nothing else is wished, in several goes and places', async () => {
    const log = await AuditLog.open(fixture);
    await append(log, 20);
    const first = await archiveAll(log);
    expect(first.size).toBe(20);
    await append(log, 20);
    expect(await log.archivable({ before: 1n })).toBeNull();
    const second = await archiveAll(log);
    expect([second.from, second.size]).toEqual([first.to + 1, 40]);
    expect(log.archived?.parts).toEqual([{ from: 1, to: second.to, place: archive }]);
    await log.close();
    expect(await verifyAudit({ ...fixture, archive })).toMatchObject({ records: 40, archived: null });
    // Put back, it is part of the log again.
    await cp(archive, fixture.dir, { recursive: true });
    expect(await verifyAudit(fixture)).toMatchObject({ records: 40, archived: null });
    const again = await AuditLog.open(fixture);
    expect((await again.prove(3)).seq).toBe(3);
    await again.close();
  });

  test('is given up only as it is, and only where its copy verifies', async () => {
    const log = await AuditLog.open(fixture);
    await append(log, 40);
    const found = await log.archivable({});
    if (found === null) throw new Error('nothing to archive');
    for (const lie of [
      { ...found, size: found.size - 1 },
      { ...found, root: Buffer.alloc(32).toString('base64') },
      { ...found, to: found.to + 1 },
      { ...found, from: 2 },
    ])
      expect(await code(log.giveUp(lie, archive))).toMatch(/^(USAGE|AUDIT_BROKEN)$/);
    await copy(found);
    const damaged = join(archive, segmentName(2));
    const bytes = await readFile(damaged, 'utf8');
    await writeFile(damaged, bytes.replace('"uid":1000', '"uid":1001'));
    await expect(copy(found)).rejects.toMatchObject({ code: 'ARCHIVE_BROKEN' });
    // Somebody else's file is not overwritten.
    await writeFile(damaged, 'not ours');
    await expect(copy(found)).rejects.toMatchObject({ code: 'ARCHIVE_BROKEN' });
    expect(await readFile(damaged, 'utf8')).toBe('not ours');
    await log.close();
    expect(await verifyAudit(fixture)).toMatchObject({ records: 40, archived: null });
  });
});

test('what somebody has put there already is durable before the vault gives it up', async () => {
  const log = await AuditLog.open(fixture);
  await append(log, 40);
  const found = await log.archivable({});
  if (found === null) throw new Error('nothing to archive');
  for (let segment = found.from; segment <= found.to; segment++)
    await copyFile(join(fixture.dir, segmentName(segment)), join(archive, segmentName(segment)));
  const file = await open(join(archive, segmentName(found.from)));
  const synced = vi.spyOn(Object.getPrototypeOf(file) as typeof file, 'sync');
  await file.close();
  try {
    await copy(found);
    // Each of them, and the folder.
    expect(synced.mock.calls.length).toBeGreaterThan(found.to - found.from + 1);
  } finally {
    synced.mockRestore();
  }
  await log.close();
});

test('is proven from an archive only as it is, and from a log that a crash has torn', async () => {
  const log = await AuditLog.open(fixture);
  await append(log, 60);
  const found = await archiveAll(log, { keep: 1 });
  await log.close();
  expect(await code(proveFrom(fixture.dir, 1))).toBe('AUDIT_BROKEN');
  const [last = ''] = (await segmentFiles(fixture.dir)).slice(-1);
  await appendFile(join(fixture.dir, last), Buffer.concat([Buffer.alloc(100), Buffer.from('\n{"head":{')]));
  expect((await proveFrom(archive, 1)).head.size).toBe(60);
  const changed = join(archive, segmentName(2));
  const text = await readFile(changed, 'utf8');
  const first = (JSON.parse(text.split('\n')[1] ?? '') as { seq: number }).seq;
  await writeFile(changed, text.replace('"uid":1000', '"uid":1001'));
  for (const seq of [0, first, first + 1]) expect(await code(proveFrom(archive, seq))).toBe('AUDIT_BROKEN');
  await writeFile(changed, text.split('\n').slice(0, 2).join('\n'));
  expect(await code(proveFrom(archive, first + 1))).toBe('AUDIT_BROKEN');
  await writeFile(changed, `nothing\n${text}`);
  expect(await code(proveFrom(archive, first))).toBe('AUDIT_BROKEN');
  await writeFile(changed, text);
  expect((await proveFrom(archive, found.size - 1)).seq).toBe(found.size - 1);
  // A head that another key has signed.
  const other = generateKeyPairSync('ed25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(-32);
  const key = { uuid: fixture.uuid, publicKey: other };
  expect(await code(proveArchived({ dir: fixture.dir, archive, key }, 1))).toBe('AUDIT_BROKEN');
});

describe('somebody with the disk', () => {
  test('who removes segments that are not archived is found, whatever he does with the statement', async () => {
    const statement = join(fixture.dir, archivedName);
    const log = await AuditLog.open(fixture);
    await append(log, 20);
    await archiveAll(log);
    const former = await readFile(statement);
    await append(log, 20);
    await archiveAll(log);
    const latter = await readFile(statement, 'utf8');
    await append(log, 40);
    await log.close();
    const [oldest = ''] = await segmentFiles(fixture.dir);
    const kept = join(archive, '..', 'kept');
    await rename(join(fixture.dir, oldest), kept);
    expect(await answers()).toEqual(['AUDIT_BROKEN', 'AUDIT_BROKEN']);
    await copyFile(kept, join(fixture.dir, oldest));
    expect(await answers()).toEqual(['done', 'done']);
    const other = JSON.parse(latter) as { segments: number };
    for (const changed of [
      former,
      latter.replace(`"segments":${other.segments}`, `"segments":${other.segments + 1}`),
      `${latter} `,
      'nothing',
    ]) {
      await writeFile(statement, changed);
      expect(await answers()).toEqual(['AUDIT_BROKEN', 'AUDIT_BROKEN']);
    }
    await rm(statement);
    expect(await answers()).toEqual(['AUDIT_BROKEN', 'AUDIT_BROKEN']);
    await writeFile(statement, latter);
    for (const name of await segmentFiles(fixture.dir)) await rm(join(fixture.dir, name));
    expect(await answers()).toEqual(['AUDIT_BROKEN', 'AUDIT_BROKEN']);
  });
});

test('a crash at any point leaves the segments here or there, and the next call ends it', async () => {
  const log = await AuditLog.open(fixture);
  await append(log, 40);
  const found = await log.archivable({ keep: 1 });
  if (found === null) throw new Error('nothing to archive');
  await copy(found);
  const whole = join(archive, '..', 'whole');
  await cp(fixture.dir, whole, { recursive: true });
  await log.giveUp(found, archive);
  await log.close();
  const statement = await readFile(join(fixture.dir, archivedName));
  // So many segments were removed before it; none: with the statement, and without.
  for (let removed = -1; removed <= found.to; removed++) {
    await rm(fixture.dir, { recursive: true });
    await cp(whole, fixture.dir, { recursive: true });
    if (removed >= 0) await writeFile(join(fixture.dir, archivedName), statement);
    for (let segment = 1; segment <= removed; segment++) await rm(join(fixture.dir, segmentName(segment)));
    expect(await verifyAudit({ ...fixture, archive })).toMatchObject({ records: 40, archived: null });
    const next = await AuditLog.open(fixture);
    const rest = await next.archivable({ keep: 1 });
    if (removed === found.to) expect(rest).toBeNull();
    else if (rest !== null) {
      if (rest.from <= rest.to) await copy(rest);
      await next.giveUp(rest, archive);
    }
    await append(next, 5);
    await next.close();
    expect((await readdir(fixture.dir)).filter((name) => name <= segmentName(found.to))).toEqual([]);
    expect(await verifyAudit({ ...fixture, archive })).toMatchObject({ records: 45, archived: null });
  }
});

test('a log of a later program is told as that, though its statement is of a later version, too', async () => {
  const log = await AuditLog.open(fixture);
  await append(log, 40);
  await archiveAll(log);
  await log.close();
  const [last = ''] = (await segmentFiles(fixture.dir)).slice(-1);
  for (const [name, from, to] of [
    [archivedName, '"v":1', '"v":2'],
    [last, '"v":1}', '"v":2}'],
    [last, /"signature":"...../, '"signature":"AAAAA'],
  ] as const) {
    const path = join(fixture.dir, name);
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
  }
  expect(await answers()).toEqual(['FORMAT_NEWER', 'FORMAT_NEWER']);
});
