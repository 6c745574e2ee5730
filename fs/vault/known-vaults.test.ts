import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { type KnownVault, KnownVaults } from './known-vaults.js';

let dir: string;
let path: string;
let list: KnownVaults;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sherin-known-'));
  path = join(dir, 'state', 'known_vaults');
  list = new KnownVaults(path);
});
afterEach(() => rm(dir, { recursive: true }));

const vault = (n: number): KnownVault => ({
  uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  path: `/vaults/${n}`,
  publicKey: Buffer.alloc(32, n),
  primaryName: `000b${'cd'.repeat(32)}`,
  head: { size: n, root: Buffer.alloc(32, 255 - n), nv: 2n ** 60n + BigInt(n) },
});
const without = ({ head: _, ...rest }: KnownVault): Omit<KnownVault, 'head'> => rest;

describe('known_vaults', () => {
  test('keeps one private line a vault', async () => {
    expect(await list.check(without(vault(1)))).toBeNull();
    await Promise.all([1, 2, 3, 4].map((n) => list.put(vault(n))));
    await list.put({ ...vault(2), head: { size: 99, root: Buffer.alloc(32), nv: 7n } });
    expect(await list.read()).toHaveLength(4);
    expect(await list.check(without(vault(1)))).toEqual(vault(1));
    expect((await list.check(without(vault(2))))?.head?.size).toBe(99);
    await list.remove(vault(1).uuid);
    expect(await list.check(without(vault(1)))).toBeNull();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'state'))).mode & 0o777).toBe(0o700);
  });

  test('with a line of a later version is read by nobody and written by nobody', async () => {
    await list.put(vault(1));
    await writeFile(path, `${await readFile(path, 'utf8')}{"uuid":"of another form","v":2}\n`);
    const before = await readFile(path);
    const newer = { code: 'FORMAT_NEWER', context: { path, found: 2, reads: 1 } };
    await expect(list.check(without(vault(1)))).rejects.toMatchObject(newer);
    await expect(list.put(vault(2))).rejects.toMatchObject(newer);
    expect(await readFile(path)).toEqual(before);
  });

  test('tells another vault from the known one', async () => {
    await list.put(vault(1));
    const others: [Partial<KnownVault>, RegExp][] = [
      [{ uuid: vault(2).uuid }, /known there is/],
      [{ path: '/elsewhere' }, /known is its copy at \/vaults\/1/],
      [{ publicKey: Buffer.alloc(32) }, /public key/],
      [{ primaryName: null }, /TPM/],
      [{ primaryName: `000b${'ce'.repeat(32)}` }, /TPM/],
    ];
    for (const [change, message] of others) {
      const error = await list.check({ ...without(vault(1)), ...change }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'VAULT_UNKNOWN', message: expect.stringMatching(message) });
      expect((error as SherinError).hint).toContain(path);
    }
    // a new vault in the place of a removed one
    await list.put({ ...vault(2), path: '/vaults/1' });
    expect(await list.read()).toHaveLength(1);
  });

  test('knows a vault by the TPM of the header that is being written, until its head is remembered', async () => {
    const primaryName = `000b${'ce'.repeat(32)}`;
    const next = { ...vault(1), primaryName };
    await list.put({ ...vault(1), nextPrimaryName: primaryName });
    for (const known of [vault(1), next]) expect(await list.check(without(known))).not.toBeNull();
    await expect(list.check(without({ ...next, primaryName: null }))).rejects.toThrow(/TPM/);
    await list.put({ ...next, nextPrimaryName: null });
    expect(await list.check(without({ ...next, primaryName: null }))).not.toBeNull();
    await list.put(next);
    await expect(list.check(without(vault(1)))).rejects.toThrow(/TPM/);
    await list.remove(vault(1).uuid);
  });

  test('refuses a list that others could have written', async () => {
    await list.put(vault(1));
    const bad = { code: 'KNOWN_VAULTS' };
    await chmod(path, 0o622);
    await expect(list.read()).rejects.toMatchObject(bad);
    await chmod(path, 0o600);
    const good = await readFile(path, 'utf8');
    const changed = [
      'nonsense\n',
      good.trimEnd(),
      good + good,
      good.replace('"path":"/', '"path":"'),
      good.replace('{', '{"extra":1,'),
      good.replace('"nv":"', '"nv":"-'),
    ];
    for (const text of [...changed, `${' '.repeat(1024 * 1024)}\n`]) {
      await writeFile(path, text);
      await expect(list.read(), text.slice(0, 80)).rejects.toMatchObject(bad);
      await expect(list.put(vault(3))).rejects.toMatchObject(bad);
    }
    await rm(path);
    await symlink('elsewhere', path);
    await expect(list.read()).rejects.toMatchObject(bad);
  });

  test('meets any bytes with an answer', async () => {
    await list.put(vault(1));
    const valid = await readFile(path);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.nat(valid.length - 1), fc.nat(255))
        .map(([at, value]) => Buffer.from(valid).fill(value, at, at + 1)),
    );
    const answers = fc.asyncProperty(bytes, async (content) => {
      await writeFile(path, content);
      await list.read().catch((error: unknown) => {
        if (!(error instanceof SherinError && error.code === 'KNOWN_VAULTS')) throw error;
      });
    });
    await fc.assert(answers, { numRuns: 300 });
  });
});
