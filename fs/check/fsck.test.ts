import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCubeId, parseSherinId } from '../../common/ids.js';
import { checkHandlers } from '../control/check-handlers.js';
import type { Call } from '../control/server.js';
import { CheckedVault, peer } from './fsck.fixture.js';

const mib = 1024 * 1024;
let vault: CheckedVault;
let content: Buffer;
/** The cube of `files/a`, which no other file shares. */
let cube: string;
let id: string;
beforeEach(async () => {
  vault = await CheckedVault.create();
  content = randomBytes(3000);
  await vault.put('a', content);
  [cube = ''] = vault.cubes();
  id = basename(cube, '.cube');
  await vault.put('b', randomBytes(5000));
});
afterEach(() => vault.remove());

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

/** Records enough for a full tile of level 0, with a snapshot behind it. */
async function fullTile(): Promise<void> {
  const session = await vault.service.unlocked();
  const heals = Array.from({ length: 300 }, () => ({ type: 'heal', cube: parseCubeId(id) }) as const);
  await session.commit(() => heals);
  session.manifest.snapshot();
}

/** A copy of the vault's cubes and manifest as they are, as a backup holds them. */
async function copy(): Promise<{ fd: number; path: string }> {
  const path = join(vault.home, 'backup');
  cpSync(join(vault.path, 'cubes'), join(path, 'cubes'), { recursive: true });
  await vault.service.snapshots.take();
  copyFileSync(join(vault.path, 'backup.tmp/manifest.db'), join(path, 'manifest.db'));
  await vault.service.snapshots.drop();
  return { fd: openSync(path, 'r'), path };
}

describe('a version that is a byte shorter than its last slot', () => {
  it('is found, and so it is by verify', async () => {
    const session = await vault.service.unlocked();
    const { tree } = session.manifest;
    const ino = tree.find([Buffer.from('a')])?.ino ?? 0;
    const object = tree.object(tree.inode(ino)?.object ?? 0);
    if (object === undefined) throw new Error('it has no content');
    const put = { ...parseSherinId(object.id), tag: randomBytes(16) };
    const { root, node } = object;
    await session.commit(() => [
      { type: 'put', inode: ino, id: put, length: content.length - 1, root, node, lineage: null },
    ]);
    expect(await vault.fsck()).toMatchObject({ clean: false, wrongLengths: 1, lacking: 0, lostVersions: 0 });
    const call = { peer, progress: () => undefined, cancelled: () => false } as unknown as Call;
    const { verify } = checkHandlers(vault.service);
    expect(await verify({ target: 'files/a' }, call)).toMatchObject({
      failed: 1,
      failures: [{ cube: id, fault: 'length', paths: ['files/a'], quarantined: false }],
    });
    expect(await verify({ target: 'files/b' }, call)).toMatchObject({ failed: 0, failures: [] });
  });
});

describe('a vault that is whole', () => {
  it('is clean, with its counts', async () => {
    await vault.put('c', content);
    await vault.put('b', Buffer.from('new'));
    const result = await vault.fsck();
    expect(result).toMatchObject({
      clean: true,
      lacking: 0,
      lacks: [],
      leftovers: [],
      tables: [],
      versions: 4,
    });
    expect(result.needed).toEqual({ cubes: 3, bytes: 8003 });
    expect(result.old).toEqual({ cubes: 1, bytes: 5000 });
    // The same content under two names is one object.
    expect(result.shared).toEqual({ cubes: 0, bytes: 0 });
    await vault.put('d', Buffer.concat([Buffer.alloc(mib, 1), Buffer.from('x')]));
    await vault.put('e', Buffer.concat([Buffer.alloc(mib, 1), Buffer.from('y')]));
    expect((await vault.fsck()).shared).toEqual({ cubes: 1, bytes: mib });
  });
});

describe('a row that is missing or wrong', () => {
  const rows: readonly (readonly [string, string, object])[] = [
    [
      'of puts, missing',
      'DELETE FROM puts WHERE inode = 2',
      { table: 'puts', missing: 1, wrong: 0, extra: 0 },
    ],
    [
      'of puts, too much',
      'INSERT INTO puts VALUES (7, 3), (2, 99)',
      { table: 'puts', missing: 0, wrong: 0, extra: 2 },
    ],
    ['of cubes, all missing', 'DELETE FROM cubes', { table: 'cubes', missing: 2, wrong: 0, extra: 0 }],
    [
      'of cubes, another root',
      'UPDATE cubes SET root = zeroblob(32)',
      { table: 'cubes', missing: 0, wrong: 2, extra: 0 },
    ],
    [
      'of cubes, another length',
      "UPDATE cubes SET length = 'x'",
      { table: 'cubes', missing: 0, wrong: 2, extra: 0 },
    ],
    [
      'of tiles, too much',
      'INSERT INTO tiles VALUES (5, zeroblob(32), zeroblob(8192))',
      { table: 'tiles', missing: 0, wrong: 0, extra: 1 },
    ],
    [
      'of nodes, not what its ID says',
      "INSERT INTO nodes VALUES (zeroblob(32), x'00')",
      { table: 'nodes', missing: 0, wrong: 1, extra: 0 },
    ],
  ];
  it.each(rows)('%s, is found and mended', async (_, sql, fault) => {
    await vault.tamper(sql);
    const found = await vault.fsck();
    expect(found).toMatchObject({ clean: false, lacking: 0, tables: [{ ...fault, mended: false }] });
    expect(await vault.fsck({ rebuild: true })).toMatchObject({
      clean: true,
      tables: [{ ...fault, mended: true }],
    });
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [] });
    await vault.put('later', randomBytes(100));
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [] });
  });

  it('of tiles, missing or wrong, keeps no vault shut', async () => {
    await fullTile();
    for (const sql of [
      'DELETE FROM tiles',
      'UPDATE tiles SET root = zeroblob(32)',
      'UPDATE tiles SET hashes = zeroblob(8192)',
    ]) {
      await vault.tamper(sql);
      const missing = sql.startsWith('DELETE') ? 1 : 0;
      const fault = { table: 'tiles', missing, wrong: 1 - missing, extra: 0 };
      expect(await vault.fsck()).toMatchObject({ clean: false, tables: [fault] });
      expect(await vault.fsck({ rebuild: true })).toMatchObject({ clean: true });
      expect(await vault.fsck()).toMatchObject({ clean: true, tables: [] });
      expect((await vault.service.unlocked()).manifest.record(1)).toBeDefined();
    }
  });

  it.each(['head', 'records', 'snapshot'])(
    'of %s is refused: nothing else could vouch for it',
    async (table) => {
      (await vault.service.unlocked()).manifest.snapshot();
      const refused = { code: 'MANIFEST_BROKEN' };
      await expect(vault.tamper(`DELETE FROM ${table}`)).rejects.toMatchObject(refused);
    },
  );

  it('of records is refused where opening does not look, too', async () => {
    await fullTile();
    await vault.tamper('DELETE FROM records WHERE seq = 4');
    await expect(vault.fsck({ rebuild: true })).rejects.toMatchObject({ code: 'MANIFEST_BROKEN' });
  });

  it('of nodes, missing, comes back from its record or from a backup', async () => {
    // 70 slots: a root node of level 1 and two below it; 20 cubes: a root node that is too large for memory.
    const big = Buffer.concat(Array.from({ length: 70 }, (_, i) => Buffer.alloc(mib, i + 1)));
    await vault.put('big', big);
    await vault.put('large root', big.subarray(0, 20 * mib));
    const backup = await copy();
    await vault.tamper('DELETE FROM nodes');
    const found = await vault.fsck();
    expect(found).toMatchObject({ clean: false, lostVersions: 1, leftovers: [] });
    expect(found.tables).toMatchObject([{ table: 'nodes', wrong: 0, mended: false }]);
    const rebuilt = await vault.fsck({ rebuild: true });
    expect(rebuilt).toMatchObject({ clean: false, lostVersions: 1, leftovers: [] });
    const repaired = await vault.fsck({ repair: true, backup: backup.fd });
    closeSync(backup.fd);
    expect(repaired).toMatchObject({ clean: true, lostVersions: 0 });
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [] });
  }, 120_000);
});

describe('a cube that lacks', () => {
  it('is named with the files and versions that need it', async () => {
    await vault.put('a', Buffer.from('newer'));
    rmSync(cube);
    const { lacks, clean, lacking } = await vault.fsck();
    expect({ clean, lacking }).toEqual({ clean: false, lacking: 1 });
    expect(lacks).toMatchObject([
      { cube: id, state: 'missing', versions: 1, uses: [{ path: 'files/a', now: false }], repaired: null },
    ]);
    await vault.service.removing.remove(['files/a'], peer);
    expect((await vault.fsck()).lacks).toMatchObject([{ uses: [{ path: 'files/a', now: false }] }]);
  });

  it('comes back from a backup, if it verifies there', async () => {
    const backup = await copy();
    rmSync(cube);
    const path = join(backup.path, 'cubes', id.slice(0, 2), `${id}.cube`);
    flip(path, 4100);
    const refused = await vault.fsck({ repair: true, backup: backup.fd });
    expect(refused.lacks).toMatchObject([{ repaired: null, fault: 'root' }]);
    expect(existsSync(cube)).toBe(false);
    flip(path, 4100);
    const repaired = await vault.fsck({ repair: true, backup: backup.fd });
    expect(repaired).toMatchObject({ clean: true, lacks: [{ repaired: 'backup', fault: null }] });
    expect(existsSync(cube)).toBe(true);
    closeSync(backup.fd);
    expect(await vault.fsck()).toMatchObject({ clean: true, leftovers: [] });
  });

  it('comes back from a wrong folder, and what stood in its place with another size goes to quarantine', async () => {
    const wrong = join(vault.path, 'cubes/aa', basename(cube));
    mkdirSync(dirname(wrong), { recursive: true });
    renameSync(cube, wrong);
    expect((await vault.fsck()).lacks).toMatchObject([{ state: 'misplaced' }]);
    writeFileSync(cube, 'short');
    expect((await vault.fsck()).lacks).toMatchObject([{ state: 'damaged' }]);
    expect(await vault.fsck({ repair: true })).toMatchObject({
      clean: true,
      lacks: [{ repaired: 'folder' }],
    });
    expect(existsSync(wrong)).toBe(false);
    expect((await vault.fsck()).leftovers).toMatchObject([{ kind: 'quarantine' }]);
    const removed = await vault.fsck({ removeOrphans: true });
    expect(removed.removed.cubes).toBe(1);
    expect(await vault.fsck()).toMatchObject({ clean: true, leftovers: [] });
  });

  it('comes back from quarantine once it verifies there, and is healed', async () => {
    flip(cube, 4100);
    const session = await vault.service.unlocked();
    const ref = session.catalog.find(parseCubeId(id));
    if (ref === undefined) throw new Error('no cube');
    await expect(session.faults.handle(ref, { ok: false, fault: 'tag' })).rejects.toMatchObject({
      code: 'CUBE_FAILED',
    });
    expect((await vault.fsck({ repair: true })).lacks).toMatchObject([
      { state: 'quarantined', repaired: null, fault: 'root' },
    ]);
    flip(join(vault.path, 'quarantine', basename(cube)), 4100);
    expect(await vault.fsck({ repair: true })).toMatchObject({
      clean: true,
      lacks: [{ repaired: 'quarantine' }],
    });
    expect(session.isQuarantined(parseCubeId(id))).toBe(false);
    expect(await vault.fsck()).toMatchObject({ clean: true, leftovers: [] });
  });

  it('is never replaced by a cut file', async () => {
    const backup = await copy();
    rmSync(cube);
    truncateSync(join(backup.path, 'cubes', id.slice(0, 2), `${id}.cube`), 5000);
    const result = await vault.fsck({ repair: true, backup: backup.fd });
    closeSync(backup.fd);
    expect(result.lacks).toMatchObject([{ repaired: null, fault: 'malformed' }]);
    expect(existsSync(cube)).toBe(false);
  });
});

describe('files that nothing needs', () => {
  it('are named, and go only when asked for; a name that Sherin does not know stays', async () => {
    const orphan = join(vault.path, 'cubes/aa', `${'a'.repeat(52)}.cube`);
    mkdirSync(dirname(orphan), { recursive: true });
    copyFileSync(cube, orphan);
    writeFileSync(join(vault.path, 'cubes/tmp/left'), 'x');
    writeFileSync(join(vault.path, 'notes.txt'), 'mine');
    writeFileSync(join(vault.path, 'cubes/aa/readme'), 'mine');
    const found = await vault.fsck();
    expect(found.clean).toBe(true);
    expect(found.leftovers.map(({ kind }) => kind).sort()).toEqual([
      'orphan',
      'strange',
      'strange',
      'temporary',
    ]);
    expect(existsSync(orphan)).toBe(true);
    const told: number[][] = [];
    const removing = async (...amount: number[]) => void told.push(amount);
    expect((await vault.fsck({ removeOrphans: true, removing })).removed.cubes).toBe(2);
    expect(told).toEqual([[2, 8193]]);
    expect(existsSync(orphan)).toBe(false);
    expect(existsSync(join(vault.path, 'notes.txt'))).toBe(true);
    expect(vault.cubes()).toContain(cube);
    expect((await vault.fsck()).leftovers.map(({ kind }) => kind)).toEqual(['strange', 'strange']);
  });

  it('are looked for while others store cubes: only the removal is alone', async () => {
    writeFileSync(join(vault.path, 'cubes/tmp/left'), 'x');
    let begun = 0;
    let stored = 0;
    const progress = (): void => {
      begun += 1;
      void vault.service.cubeLock.shared().then((release) => {
        stored += 1;
        release();
      });
    };
    const checked: boolean[] = [];
    const removing = async (): Promise<void> => {
      checked.push(begun > 0 && stored === begun);
    };
    const result = await vault.fsck({ rebuild: true, removeOrphans: true, progress, removing });
    expect(result).toMatchObject({ clean: true, removed: { cubes: 1 } });
    expect(checked).toEqual([true]);
  });

  it('stay where a record refers to them by the time of the removal', async () => {
    const kept = readFileSync(cube);
    await vault.service.removing.remove(['files/a'], peer);
    await vault.gc();
    expect(existsSync(cube)).toBe(false);
    writeFileSync(cube, kept);
    const end = await vault.begin('again', content);
    const run = vault.fsck({ rebuild: true, removeOrphans: true });
    while (!vault.service.cubeLock.contended) await sleep(1);
    await end();
    expect(await run).toMatchObject({ clean: true, leftovers: [], removed: { cubes: 0 } });
    expect(existsSync(cube)).toBe(true);
    expect(await vault.fsck()).toMatchObject({ clean: true, tables: [], leftovers: [] });
  });

  it('are kept while an import relies on them', async () => {
    const release = await vault.service.cubeLock.shared();
    const run = vault.fsck({ removeOrphans: true });
    let ended = false;
    void run.then(() => {
      ended = true;
    });
    await sleep(100);
    expect(ended).toBe(false);
    release();
    expect(await run).toMatchObject({ clean: true, busy: false });
  });
});
