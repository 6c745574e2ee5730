/** The reference reads the vaults it assembles, and refuses them when something is not as it was signed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesToText } from '../../common/names.js';
import { assembleVault } from './assemble.js';
import { equalBytes } from './bytes.js';
import { formatRecoveryKey } from './recovery-key.js';
import { sampleVault } from './sample-vault.js';
import { decodeVault, type TreeNode } from './vault.js';

const sample = sampleVault();
const key = formatRecoveryKey(sample.recoveryKey);
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sherin-reference-'));
  assembleVault(dir, sample);
});
afterEach(() => rmSync(dir, { recursive: true }));

function* files(node: TreeNode, path: readonly string[] = []): Iterable<[string, TreeNode]> {
  if (node.attributes.kind === 1) yield [path.join('/'), node];
  for (const child of node.children) yield* files(child, [...path, bytesToText(child.name)]);
}

function flip(name: string, at: number): void {
  const bytes = readFileSync(join(dir, name));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(join(dir, name), bytes);
}

describe('vault', () => {
  it('gives back every file', () => {
    const { root, audit } = decodeVault(dir, key.toUpperCase().replaceAll('-', ' '));
    const found = new Map(files(root));
    expect([...found.keys()].sort()).toEqual([...sample.files.keys()].sort());
    for (const [path, content] of sample.files) {
      expect(equalBytes(found.get(path)?.content() ?? Uint8Array.of(1), content), path).toBe(true);
    }
    expect(audit).toMatchObject({ records: 1, heads: 1, torn: 0 });
  });

  it('has the same without the database, from the copy of its log, and refuses that where it is changed', () => {
    const { manifest } = decodeVault(dir, key);
    rmSync(join(dir, 'manifest.db'));
    const copied = decodeVault(dir, key);
    expect(copied.manifest.head).toEqual(manifest.head);
    expect(copied.manifest.log).toEqual(manifest.log);
    const found = new Map(files(copied.root));
    for (const [path, content] of sample.files) {
      if (content.length > 10_000) continue;
      expect(equalBytes(found.get(path)?.content() ?? Uint8Array.of(1), content), path).toBe(true);
    }
    flip('log/00000003.log', 20);
    expect(() => decodeVault(dir, key)).not.toThrow();
    expect(decodeVault(dir, key).manifest.log.length).toBeLessThan(manifest.log.length);
    flip('log/00000001.log', 80);
    expect(() => decodeVault(dir, key)).toThrow('the copy of the log');
  });

  it('refuses another recovery key, and a mistyped one', () => {
    const other = formatRecoveryKey(new Uint8Array(32));
    expect(() => decodeVault(dir, other)).toThrow('slot does not open');
    expect(() =>
      decodeVault(
        dir,
        key.replace(/^./, (first) => (first === 'a' ? 'b' : 'a')),
      ),
    ).toThrow('checksum');
  });

  it('refuses a changed header, manifest, audit log', () => {
    const header = readFileSync(join(dir, 'vault.json'), 'utf8');
    writeFileSync(join(dir, 'vault.json'), header.replace('"generation":1', '"generation":2'));
    expect(() => decodeVault(dir, key)).toThrow('signature');
    writeFileSync(join(dir, 'vault.json'), header);
    flip('audit/00000001.jsonl', 600);
    expect(() => decodeVault(dir, key)).toThrow();
    flip('audit/00000001.jsonl', 600);
    flip('manifest.db', 10_000);
    expect(() => decodeVault(dir, key)).toThrow('page 3 of the database');
  });

  it('names what is wrong with a cube', () => {
    const [folder = ''] = readdirSync(join(dir, 'cubes'));
    const [cube = ''] = readdirSync(join(dir, 'cubes', folder));
    flip(join('cubes', folder, cube), 4096);
    const { root } = decodeVault(dir, key);
    const contents = [...files(root)].map(([, node]) => node.content);
    const failed = contents.filter((content) => {
      try {
        content();
        return false;
      } catch (error) {
        expect(String(error)).toContain('tag: vertex 0');
        return true;
      }
    });
    expect(failed.length).toBeGreaterThan(0);
  });
});
