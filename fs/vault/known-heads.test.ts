import { createHash } from 'node:crypto';
import { chmod, link, mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { KnownHeads } from './known-heads.js';
import type { PinnedHead } from './pinned-head.js';

const uuid = '00000000-0000-4000-8000-000000000001';
const placeBytes = 4096;

let dir: string;
let path: string;
let heads: KnownHeads;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sherin-heads-'));
  path = join(dir, `known_vaults.${uuid}`);
  heads = of();
});
afterEach(async () => {
  await heads.close();
  await rm(dir, { recursive: true });
});

const of = (): KnownHeads => new KnownHeads(join(dir, 'known_vaults'), uuid);
const head = (size: number): PinnedHead => ({ size, root: Buffer.alloc(32, size), nv: 7n });

/** Heads on top of a line, as a session leaves them that has ended. */
async function noted(line: PinnedHead, ...after: readonly PinnedHead[]): Promise<void> {
  const session = of();
  await session.begin(line);
  for (const one of after) await session.note(one);
  await session.close();
}

/** Has one place say something else. */
async function changed(place: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, place * placeBytes);
  await file.close();
}

describe('the heads since a line was written', () => {
  test('are known by the last of them, in a private file that does not grow', async () => {
    expect(await heads.newest(head(1))).toEqual(head(1));
    for (const size of [2, 3, 4, 5]) {
      await noted(head(1), head(size));
      expect(await heads.newest(head(1))).toEqual(head(size));
    }
    expect((await stat(path)).size).toBe(2 * placeBytes);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('say nothing of another line, be it an older or a later one', async () => {
    await noted(head(3), head(4), head(5));
    for (const line of [head(2), head(6), { ...head(3), nv: 8n }, { ...head(3), root: Buffer.alloc(32) }])
      expect(await heads.newest(line)).toEqual(line);
    await heads.begin(head(6));
    expect(await heads.newest(head(6))).toEqual(head(6));
  });

  test('say nothing of a line that has come back, as where a vault without a counter was put back on purpose', async () => {
    await noted(head(1), head(2));
    await heads.begin(head(1));
    expect(await heads.newest(head(1))).toEqual(head(1));
  });

  test('are written where they are found, if the file was replaced while it was open', async () => {
    await heads.begin(head(1));
    await rm(path);
    await heads.begin(head(2));
    await heads.note(head(3));
    expect(await of().newest(head(2))).toEqual(head(3));
  });

  test('lose to a power cut the one that is being written, in every session', async () => {
    for (let size = 2; size < 9; size++) {
      const line = head(size + 100);
      const session = of();
      await session.begin(line);
      await session.note(head(size));
      const bytes = await readFile(path);
      const before = [0, 1].map((place) => bytes.subarray(place * placeBytes, (place + 1) * placeBytes));
      await session.note(head(100));
      await session.close();
      const after = await readFile(path);
      const written = after.subarray(0, placeBytes).equals(before[0] ?? after) ? 1 : 0;
      const place = after.subarray(written * placeBytes, (written + 1) * placeBytes);
      await changed(written, Buffer.concat([place.subarray(0, 90), Buffer.alloc(512)]));
      expect(await heads.newest(line)).toEqual(head(size));
    }
  });

  test('where the first of them is torn, are none', async () => {
    await noted(head(1), head(2));
    await changed(0, Buffer.from('torn'));
    expect(await heads.newest(head(1))).toEqual(head(1));
    await noted(head(1), head(3));
    expect(await heads.newest(head(1))).toEqual(head(3));
  });

  test('go with their line', async () => {
    await noted(head(1), head(2));
    await heads.remove();
    expect(await heads.newest(head(1))).toEqual(head(1));
    await heads.remove();
  });
});

describe('a file of heads is refused', () => {
  const bad = { code: 'KNOWN_VAULTS' };
  const refused = async (): Promise<void> => {
    await expect(heads.newest(head(1))).rejects.toMatchObject(bad);
    await expect(heads.begin(head(1))).rejects.toMatchObject(bad);
  };

  test('that others could have written', async () => {
    await noted(head(1), head(2));
    await chmod(path, 0o622);
    await refused();
    await chmod(path, 0o600);
    await link(path, `${path}.second`);
    await refused();
    await rm(path);
    await symlink(`${path}.second`, path);
    await refused();
  });

  test('that is damaged in both places', async () => {
    await noted(head(1), head(2), head(3));
    for (const place of [0, 1]) await changed(place, Buffer.from('x'));
    await refused();
  });

  test('whose note is of a later version', async () => {
    await noted(head(1), head(2));
    const text = '{"of":"another form","v":2}';
    const digest = createHash('sha256').update(text).digest('hex');
    await changed(1, Buffer.from(`${digest}${text}\n`));
    await expect(heads.newest(head(1))).rejects.toMatchObject({ code: 'FORMAT_NEWER' });
  });

  test('or read, whatever bytes it has', async () => {
    await noted(head(1), head(2), head(3));
    const valid = await readFile(path);
    const note = fc
      .oneof(
        fc.json(),
        fc.string().filter((text) => !text.includes('\n')),
      )
      .map((text) => `${createHash('sha256').update(text).digest('hex')}${text}\n`);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      note.map((text) => Buffer.concat([Buffer.from(text), valid.subarray(placeBytes)])),
      fc.tuple(fc.nat(600), fc.nat(255)).map(([at, value]) => Buffer.from(valid).fill(value, at, at + 1)),
    );
    const answers = fc.asyncProperty(bytes, async (content) => {
      await writeFile(path, content);
      await heads.newest(head(1)).catch((error: unknown) => {
        if (!(error instanceof SherinError && /^(KNOWN_VAULTS|FORMAT_NEWER)$/.test(error.code))) throw error;
      });
    });
    await fc.assert(answers, { numRuns: 200 });
  });
});
