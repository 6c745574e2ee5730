/** What someone with the disk, and what someone with the key, can do to the files: never wrong data. */
import {
  copyFileSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { nodeId } from './index-node.js';
import type { Manifest } from './manifest.js';
import type { Mutation } from './records.js';
import { Fixture, make, putOf } from './testing/fixture.js';
import { forgeBytes, forgePages, pageBytes } from './testing/page-forge.js';
import { pictureOf } from './testing/reference-model.js';

const fixtures: Fixture[] = [];
function fixture(): Fixture {
  const made = new Fixture();
  fixtures.push(made);
  return made;
}
afterEach(() => {
  for (const made of fixtures.splice(0)) made.remove();
});

const inodes = 40;

/** A vault with some history: files from…to, one commit each. */
function fill(manifest: Manifest, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const ino = manifest.newInode();
    const batch: Mutation[] = [...make(ino, 1, `file ${i}`), putOf(ino, Buffer.from(`content ${i}`))];
    manifest.commit(batch, [Buffer.from(`node ${i}`)], [cube(i)]);
  }
}

function cube(i: number): { id: Buffer; root: Buffer; length: number } {
  return { id: Buffer.alloc(32, i), root: Buffer.alloc(32, 100 + i), length: 1000 + i };
}

function picture(manifest: Manifest): unknown {
  const versions = Array.from({ length: inodes }, (_, ino) => [...manifest.versions(ino)]);
  return { tree: pictureOf(manifest.tree, inodes), versions, cubes: [...manifest.tables.cubes()] };
}

/** The code of the refusal, null when opening and reading everything went well. */
async function refusal(
  vault: Fixture,
  expect_?: Manifest['head'],
  look?: (manifest: Manifest) => void,
): Promise<string | null> {
  let manifest: Manifest | undefined;
  try {
    manifest = vault.open(expect_);
    await manifest.verifyLog();
    for (let index = 0; index < manifest.head.size; index++) manifest.record(index);
    look?.(manifest);
    return null;
  } catch (error) {
    if (error instanceof SherinError) return error.code;
    throw error;
  } finally {
    manifest?.abandon();
  }
}

describe('someone with the disk', () => {
  it('flips no bit unseen', async () => {
    const vault = fixture();
    let manifest = vault.create();
    fill(manifest, 0, 10);
    manifest.snapshot();
    fill(manifest, 10, 12);
    const whole = picture(manifest);
    manifest.checkpoint();
    manifest.abandon();
    const file = readFileSync(vault.path);
    const codes = new Map<string | null, number>();
    // Every page is met at its start, its middle, its nonce and its tag.
    for (let page = 0; page < file.length; page += pageBytes) {
      for (const at of [0, 20, 23, 24, 2000, pageBytes - 20, pageBytes - 1]) {
        const changed = Buffer.from(file);
        changed[page + at] = (changed[page + at] ?? 0) ^ 0x10;
        writeFileSync(vault.path, changed);
        const code = await refusal(vault, undefined, (opened) => {
          expect(picture(opened)).toEqual(whole);
        });
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }
    expect([...codes.keys()].filter((code) => code !== null)).toEqual(['MANIFEST_BROKEN']);
    expect(codes.get('MANIFEST_BROKEN')).toBeGreaterThan(codes.get(null) ?? 0);
    writeFileSync(vault.path, file);
    manifest = vault.open();
    expect(picture(manifest)).toEqual(whole);
    manifest.close();
  });

  it('puts no old page back unseen', async () => {
    const vault = fixture();
    const manifest = vault.create();
    fill(manifest, 0, 5);
    manifest.checkpoint();
    const old = readFileSync(vault.path);
    manifest.commit([{ type: 'unlink', parent: 1, name: Buffer.from('file 0') }], [], []);
    fill(manifest, 5, 10);
    manifest.snapshot();
    fill(manifest, 10, 12);
    manifest.checkpoint();
    const { head } = manifest;
    const whole = picture(manifest);
    manifest.abandon();
    const present = readFileSync(vault.path);
    let refused = 0;
    for (let at = 0; at < old.length; at += pageBytes) {
      const mixed = Buffer.from(present);
      old.copy(mixed, at, at, at + pageBytes);
      if (mixed.equals(present)) continue;
      writeFileSync(vault.path, mixed);
      const code = await refusal(vault, head, (opened) => {
        // Rows of cubes may be missing: they are no part of what is proven.
        expect(pictureOf(opened.tree, inodes)).toEqual((whole as { tree: unknown }).tree);
      });
      if (code !== null) refused += 1;
    }
    expect(refused).toBeGreaterThan(3);
  });

  it('mixes no pages of three times unseen', async () => {
    const vault = fixture();
    const manifest = vault.create();
    const times: Buffer[] = [];
    for (let i = 0; i < 3; i++) {
      fill(manifest, i * 5, i * 5 + 5);
      if (i > 0) manifest.commit([{ type: 'unlink', parent: 1, name: Buffer.from(`file ${i}`) }], [], []);
      if (i === 1) manifest.snapshot();
      manifest.checkpoint();
      times.push(readFileSync(vault.path));
    }
    const { head } = manifest;
    const whole = pictureOf(manifest.tree, inodes);
    manifest.abandon();
    const choice = fc.infiniteStream(fc.integer({ min: 0, max: times.length - 1 }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 }), choice, async (last, choices) => {
        const pages = Math.ceil((times[last]?.length ?? 0) / pageBytes);
        const mixed = Array.from({ length: pages }, (_, page) => {
          const from = times[choices.next().value ?? 0] ?? Buffer.alloc(0);
          const at = page * pageBytes;
          return (from.length > at ? from : (times[last] ?? from)).subarray(at, at + pageBytes);
        });
        writeFileSync(vault.path, Buffer.concat(mixed));
        await refusal(vault, head, (opened) => {
          expect(pictureOf(opened.tree, inodes)).toEqual(whole);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('cuts off or swaps no write-ahead log unseen, given a head seen before', async () => {
    const vault = fixture();
    const manifest = vault.create();
    fill(manifest, 0, 3);
    const earlier = { db: readFileSync(vault.path), wal: readFileSync(`${vault.path}-wal`) };
    const earlierHead = manifest.head;
    fill(manifest, 3, 6);
    const wal = readFileSync(`${vault.path}-wal`);
    const db = readFileSync(vault.path);
    const { head } = manifest;
    manifest.abandon();

    const outcome = async (file: Buffer, log: Buffer, seen = head): Promise<string | null> => {
      writeFileSync(vault.path, file);
      writeFileSync(`${vault.path}-wal`, log);
      return refusal(vault, seen);
    };
    expect(await outcome(db, wal)).toBeNull();
    for (let kept = 0; kept < wal.length - 24 - pageBytes; kept += 24 + pageBytes) {
      expect(['ROLLBACK', 'MANIFEST_BROKEN']).toContain(await outcome(db, wal.subarray(0, kept)));
    }
    const flipped = Buffer.from(wal);
    const last = flipped.length - 100;
    flipped[last] = (flipped[last] ?? 0) ^ 1;
    expect(await outcome(db, flipped)).toBe('ROLLBACK');
    expect(await outcome(db, earlier.wal)).toBe('ROLLBACK');
    expect(await outcome(earlier.db, earlier.wal)).toBe('ROLLBACK');
    // Without memory of the newer head it is a log as good as any: what the rollback counter is for.
    expect(await outcome(earlier.db, earlier.wal, earlierHead)).toBeNull();
  });

  it('puts no other history in the place of this one', () => {
    const vault = fixture();
    let manifest = vault.create();
    fill(manifest, 0, 3);
    manifest.checkpoint();
    const fork = `${vault.path}.fork`;
    copyFileSync(vault.path, fork);
    fill(manifest, 3, 5);
    const { head } = manifest;
    manifest.abandon();
    copyFileSync(fork, vault.path);
    writeFileSync(`${vault.path}-wal`, '');
    manifest = vault.open();
    fill(manifest, 30, 35);
    manifest.close();
    expect(() => vault.open(head)).toThrow(expect.objectContaining({ code: 'ROLLBACK' }));
  });

  it('makes it neither crash nor hang with any rubbish', async () => {
    const vault = fixture();
    vault.create().close();
    const file = readFileSync(vault.path);
    for (const rubbish of [
      Buffer.alloc(0),
      Buffer.alloc(100),
      Buffer.alloc(8192),
      file.subarray(0, 5000),
      Buffer.from('SQLite format 3\0'),
    ]) {
      writeFileSync(vault.path, rubbish);
      expect(await refusal(vault)).toBe('MANIFEST_BROKEN');
    }
    writeFileSync(vault.path, file);
    truncateSync(vault.path, statSync(vault.path).size - pageBytes);
    expect(await refusal(vault)).toBe('MANIFEST_BROKEN');
  });

  it('leads it to no other file', async () => {
    const vault = fixture();
    vault.create().close();
    renameSync(vault.path, `${vault.path}.elsewhere`);
    expect(await refusal(vault)).toBe('MANIFEST_BROKEN');
    symlinkSync(`${vault.path}.elsewhere`, vault.path);
    expect(await refusal(vault)).toBe('MANIFEST_BROKEN');
  });

  it('has no use for another vault’s database or key', async () => {
    const [vault, other] = [fixture(), fixture()];
    vault.create().close();
    other.create().close();
    copyFileSync(other.path, vault.path);
    expect(await refusal(vault)).toBe('MANIFEST_BROKEN');
  });
});

describe('someone with the database key, but not the signing key', () => {
  function closed(files = 8): Fixture {
    const vault = fixture();
    const manifest = vault.create();
    fill(manifest, 0, files - 2);
    manifest.snapshot();
    fill(manifest, files - 2, files);
    manifest.checkpoint();
    manifest.abandon();
    return vault;
  }
  const open = (vault: Fixture): (() => Manifest) => {
    return () => {
      const manifest = vault.open();
      manifest.abandon();
      return manifest;
    };
  };

  it('forges no head', () => {
    const vault = closed();
    const manifest = vault.open();
    const { head } = manifest;
    manifest.abandon();
    expect(forgeBytes(vault.path, vault.key, head.signature, Buffer.alloc(64, 1))).toBe(1);
    expect(open(vault)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_BROKEN', message: expect.stringContaining('signature') }),
    );
  });

  it('edits no record of the tail, none before it, no snapshot', async () => {
    for (const [text, part] of [
      ['file 7', 'the log does not lead to the signed root'],
      ['file 2', 'the snapshot is not the one that was signed'],
    ] as const) {
      const vault = closed();
      expect(forgeBytes(vault.path, vault.key, Buffer.from(text), Buffer.from('FILE !'))).toBeGreaterThan(0);
      expect(open(vault)).toThrow(
        expect.objectContaining({ code: 'MANIFEST_BROKEN', message: expect.stringContaining(part) }),
      );
    }
  });

  it('edits no record of a long tail, not even one that the tiles hide', () => {
    // Without a snapshot, and further from the end than the tiles that opening computes anew.
    const vault = fixture();
    const made = vault.create();
    fill(made, 0, 100);
    const bytes = made.recordBytes(5);
    expect(made.head).toMatchObject({ size: 301, snapshotSize: 0 });
    made.checkpoint();
    made.abandon();
    // Another name of the same length: the record fits the tree as well as the right one.
    const changed = Buffer.from(bytes);
    expect(changed.write('FILE', bytes.indexOf('file 1'))).toBe(4);
    expect(forgeBytes(vault.path, vault.key, bytes, changed)).toBe(1);
    expect(open(vault)).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_BROKEN',
        message: expect.stringContaining('the log does not lead to the signed root'),
      }),
    );
  });

  it('edits no old record unseen by who reads it', async () => {
    // Long enough that the record lies in a full tile, which opening does not look into.
    const vault = closed(100);
    const manifest = vault.open();
    const bytes = manifest.recordBytes(5);
    manifest.abandon();
    const changed = Buffer.from(bytes);
    changed[4] = (changed[4] ?? 0) ^ 1;
    expect(forgeBytes(vault.path, vault.key, bytes, changed)).toBe(1);
    const opened = vault.open();
    expect(() => opened.record(5)).toThrow(expect.objectContaining({ code: 'MANIFEST_BROKEN' }));
    expect(() => opened.proof(5)).toThrow(expect.objectContaining({ code: 'MANIFEST_BROKEN' }));
    await expect(opened.verifyLog()).rejects.toThrow(expect.objectContaining({ code: 'MANIFEST_BROKEN' }));
    opened.abandon();
  });

  it('edits no index node unseen, and no cube row that its ID still fits', () => {
    const vault = closed();
    expect(forgeBytes(vault.path, vault.key, Buffer.from('node 3'), Buffer.from('node !'))).toBe(1);
    const { root, id } = cube(4);
    expect(forgeBytes(vault.path, vault.key, root, Buffer.alloc(32, 0xee))).toBeGreaterThan(0);
    const manifest = vault.open();
    expect(() => manifest.node(nodeId(Buffer.from('node 3')))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_BROKEN' }),
    );
    // A row is what it is: who asks computes the ID from root and length, and here they are not those of the ID.
    const row = [...manifest.tables.cubes()].find(([known]) => id.equals(known as Buffer));
    expect(row?.[1]).toEqual(Buffer.alloc(32, 0xee));
    manifest.abandon();
  });

  it('adds no trigger, view or table', () => {
    const vault = closed();
    const statement = Buffer.from('CREATE TABLE puts (inode INTEGER');
    forgePages(vault.path, vault.key, (page, number) => {
      const at = page.indexOf(statement);
      if (number !== 1 || at < 0) return false;
      page.write('CREATE TABLE puts (inoDE', at);
      return true;
    });
    expect(open(vault)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_BROKEN', message: expect.stringContaining('tables') }),
    );
  });
});

describe('a header that is not the one of the head', () => {
  it('is refused when it is older, another of the same generation, or more than one ahead', () => {
    const vault = fixture();
    vault.header = { generation: 4, hash: Buffer.alloc(32, 0x44) };
    vault.create().close();
    for (const [generation, fill] of [
      [3, 0x33],
      [4, 0x33],
      [6, 0x66],
      [1, 0x44],
    ] as const) {
      vault.header = { generation, hash: Buffer.alloc(32, fill) };
      expect(() => vault.open()).toThrow(expect.objectContaining({ code: 'HEADER_STALE' }));
    }
  });

  it('opens when it is the next generation, which a crash before the next head leaves, and the next head names it', () => {
    const vault = fixture();
    vault.create().close();
    vault.header = { generation: 2, hash: Buffer.alloc(32, 0x33) };
    const manifest = vault.open();
    expect(manifest.head.headerGeneration).toBe(1);
    expect(manifest.resign()).toMatchObject({ headerGeneration: 2, headerHash: Buffer.alloc(32, 0x33) });
    manifest.close();
    vault.open().close();
    vault.header = { generation: 1, hash: Buffer.alloc(32, 0x11) };
    expect(() => vault.open()).toThrow(expect.objectContaining({ code: 'HEADER_STALE' }));
  });
});
