/**
 * What a later program has written is refused before a byte of the vault changes, and nobody takes it for damaged; what was damaged, or changed by
 * somebody, is not taken for newer.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { PendingAudit } from '../../fs/audit/pending.js';
import { BackupDirectory } from '../../fs/backup/backup-directory.js';
import { restoreBackup } from '../../fs/backup/restore-backup.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { rootInode } from '../../fs/manifest/records.js';
import { newerSegments, setAside } from '../../fs/service/newer-segments.js';
import type { Session } from '../../fs/service/session/session.js';
import { openVault, serve, unlock } from '../crash/opened.js';
import type { Machine } from '../vault/machine.js';
import { layOut, recorded } from './vaults.js';

let machine: Machine;
beforeAll(() => {
  machine = layOut('journal');
  cpSync(machine.vault, join(machine.home, 'as-it-was'), { recursive: true, preserveTimestamps: true });
});
beforeEach(() => {
  for (const name of ['vault', 'known', 'tpm'])
    rmSync(join(machine.home, name), { recursive: true, force: true });
  cpSync(join(machine.home, 'as-it-was'), machine.vault, { recursive: true, preserveTimestamps: true });
});
afterAll(() => machine.end());

const inVault = (name: string): string => join(machine.vault, name);

function edit(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)));
}

/** A version, and something that its authentication covers: as a later program would have made both. */
const binary =
  (version: number, also: number | null) =>
  (bytes: Buffer): Buffer => {
    bytes.writeUInt16LE(version, 8);
    if (also !== null) bytes.writeUInt8(bytes.readUInt8(also) ^ 0x40, also);
    return bytes;
  };

const text =
  (from: string, to: string, also: RegExp | null) =>
  (bytes: Buffer): Buffer => {
    const changed = bytes.toString('utf8').replace(from, to);
    return Buffer.from(
      also === null ? changed : changed.replace(also, (found) => found.replace(/[A-Za-z]/, '5')),
    );
  };

/** Every path, and what is there. */
function picture(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const path = join(folder, name);
      const hash = statSync(path).isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : 'folder';
      return `${name} ${hash}`;
    })
    .sort();
}

const parts = [
  [
    'vault.json',
    1,
    text('"format":1', '"format":2', /"signature":"..../),
    text('"format":1', '"format":2', null),
  ],
  ['journal/00000001.journal', 2, binary(3, 20), binary(3, null)],
  ['log/00000001.log', 1, binary(9, 20), binary(9, null)],
  ['audit/00000001.jsonl', 1, text('"v":1}', '"v":2}', /"signature":"..../), text('"v":1}', '"v":2}', null)],
] as const;

describe.each(parts)('%s of a later version', (name, reads, newer, changed) => {
  it('is refused with one error and without a change, whoever accepts a rollback', async () => {
    edit(inVault(name), newer);
    const before = picture(machine.vault);
    const opening = openVault(machine.home, true);
    await expect(opening).rejects.toMatchObject({
      code: 'FORMAT_NEWER',
      context: { path: expect.stringContaining(name), reads },
      hint: expect.stringContaining('install a newer Sherin'),
    });
    expect(picture(machine.vault)).toEqual(before);
    expect(existsSync(join(machine.home, 'known/known_vaults'))).toBe(false);
  });

  it('is not taken for one where the version alone was changed', async () => {
    edit(inVault(name), changed);
    const end = await openVault(machine.home, true).then(
      async ({ service }) => service.stop(null),
      (error: unknown) => error,
    );
    expect(end).not.toMatchObject({ code: 'FORMAT_NEWER' });
  });
});

/** Files of a later version, as they say, which no later program has made. */
function plant(): string[] {
  const planted = ['journal/00000099.journal', 'log/00000099.log'];
  for (const path of planted) {
    const magic = Buffer.from(
      `SHERIN:${path.startsWith('journal') ? 'J' : 'L'}\x09\x00\x01\x00c\x00\x00\x00`,
      'latin1',
    );
    writeFileSync(inVault(path), Buffer.concat([magic, randomBytes(5000)]));
  }
  return planted;
}

it("segments that were planted go to quarantine by the operator's word, while the vault is shut, and then it opens as it was", async () => {
  const planted = plant();
  const service = await serve(machine.home);
  const { vaultFd: fd, uuid, publicKey } = service;
  const shut = { fd, uuid, publicKey };
  try {
    await expect(unlock(service, machine.home, true)).rejects.toMatchObject({
      code: 'FORMAT_NEWER',
      hint: expect.stringContaining('sherinctl fsck --set-aside'),
    });
    const found = await newerSegments(shut);
    expect(found).toEqual(planted.map((path) => ({ path, version: 9, bytes: 5016 })));
    const pending = new PendingAudit(inVault('audit'));
    const actor = { uid: 0, pid: 1, exe: null };
    const wrong = setAside(shut, new Set([...planted, 'journal/00000001.journal']), pending, actor);
    await expect(wrong).rejects.toMatchObject({ code: 'USAGE' });
    const kept = await setAside(shut, new Set(planted), pending, actor);
    expect(kept.map((path) => readFileSync(inVault(path)).length)).toEqual([5016, 5016]);
    expect(await newerSegments(shut)).toEqual([]);
    const { session } = await unlock(service, machine.home, true);
    // What the journal has is there.
    const names = Array.from(session.tree.list(rootInode), ({ name }) => name.toString());
    const all = Object.keys(recorded('journal').tree);
    expect(names.sort()).toEqual(all.filter((path) => path !== '.' && !path.includes('/')).sort());
    const record = (await session.records.tail(50)).find(({ event }) => event === 'AUDIT_NEWER_SET_ASIDE');
    expect(record?.meta).toMatchObject({ segments: 2, bytes: 10_032, journal: [[99, 9]], log: [[99, 9]] });
  } finally {
    await service.stop(null);
  }
});

it('a cube of a later version is refused when it is read, and stays where it is', async () => {
  const plain = layOut('plain');
  const cubes = plain.cubes();
  for (const path of cubes) edit(path, binary(2, 50));
  const { service, session } = await openVault(plain.home, true);
  try {
    const files = [...session.tree.list(rootInode)].filter(({ kind }) => kind === 'file');
    const answers = await Promise.all(files.map(({ ino }) => readWhole(session, ino)));
    expect(answers).toContain('FORMAT_NEWER');
    expect(new Set(answers)).not.toContain('CUBE_FAILED');
    expect(cubes.filter((path) => !existsSync(path))).toEqual([]);
    const events = async () => (await session.records.tail(500)).map(({ event }) => event);
    await expect.poll(events).toContain('AUDIT_NEWER_CUBE');
    expect(await events()).not.toContain('AUDIT_QUARANTINE_CUBE');
  } finally {
    await service.stop(null);
    plain.end();
  }
});

/** @returns the code of the error that it ends with */
async function readWhole(session: Session, ino: number): Promise<string | null> {
  const object = session.tree.object(session.tree.inode(ino)?.object ?? 0) ?? null;
  const content = await session.openFile(ino, object, peer, session.tree);
  try {
    await content.read(0, content.size, Buffer.alloc(content.size));
    return null;
  } catch (error) {
    if (error instanceof SherinError) return error.code;
    throw error;
  } finally {
    content.close();
  }
}

it('a backup of a later version is not restored, and nothing is begun', async () => {
  const target = join(machine.home, 'restored');
  for (const [name, , newer] of parts.filter(([part]) => !part.startsWith('journal'))) {
    const from = join(machine.home, 'backup');
    cpSync(join(machine.home, 'as-it-was'), from, { recursive: true });
    edit(join(from, name), newer);
    mkdirSync(target);
    const [source, place] = [BackupDirectory.open(from), BackupDirectory.open(target)];
    const restored = restoreBackup(source, place, { remembered: () => undefined, progress: () => undefined });
    await expect(restored).rejects.toMatchObject({ code: 'FORMAT_NEWER' });
    expect(readdirSync(target)).toEqual([]);
    for (const directory of [source, place]) directory.close();
    for (const path of [from, target]) rmSync(path, { recursive: true });
  }
});

it('sherinctl tells of it, and sherin-verify does', () => {
  edit(inVault('audit/00000001.jsonl'), parts[3][2]);
  const key = JSON.parse(readFileSync(inVault('vault.json'), 'utf8')) as { uuid: string; publicKey: string };
  const program = 'dist/sherin-verify.mjs';
  const line = `sherin-vault-key 1 ${key.uuid} ${key.publicKey}`;
  let said = '';
  try {
    execFileSync(process.execPath, [program, 'audit', inVault('audit'), '--public-key', line], {
      stdio: 'pipe',
    });
  } catch (error) {
    said = String((error as { stderr: unknown }).stderr);
  }
  const sentence = 'audit/00000001.jsonl is of format version 2, and this program reads versions up to 1';
  expect(said).toContain(sentence);
  const { code, err } = machine.run('up');
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining(sentence) });
  // Of the audit log nobody may say so.
  expect(machine.ok('fsck', '--set-aside')).toBe('nothing says a later format version\n');
  const [, planted = ''] = plant();
  expect(machine.run('fsck', '--set-aside').code).toBe(2);
  expect(existsSync(inVault(planted))).toBe(true);
  expect(machine.ok('fsck', '--set-aside', '--yes')).toMatch(
    /^kept: quarantine\/00000099-[0-9a-f]{8}\.log$/m,
  );
  expect(existsSync(inVault(planted))).toBe(false);
  machine.run('down');
});
