/** The reader in plain Python gets every file out of a vault, and says what is wrong when one is damaged. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textToBytes } from '../../common/names.js';
import { assembleVault } from '../reference/assemble.js';
import { formatRecoveryKey } from '../reference/recovery-key.js';
import { sampleVault } from '../reference/sample-vault.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const sample = sampleVault();
let base: string;
let vault: string;
let key: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sherin-outsider-'));
  vault = mkdtempSync(join(base, 'vault-'));
  assembleVault(vault, sample);
  key = join(base, 'recovery.txt');
  writeFileSync(key, `${formatRecoveryKey(sample.recoveryKey)}\n`);
});
afterEach(() => rmSync(base, { recursive: true }));

function read(...command: readonly (string | Buffer)[]) {
  const options = { maxBuffer: 2 ** 28 };
  // Through a shell, because Node hands on arguments as text and names are bytes.
  const words = command.map((word) => Buffer.from(word).toString('hex').replace(/../g, '\\x$&'));
  const script = `exec python3 "$1/sherin_read.py" "$2" "$3" ${words.map((word) => `$'${word}'`).join(' ')}`;
  return spawnSync('bash', ['-c', script, 'bash', here, vault, key], options);
}

describe('outsider', () => {
  it('has primitives that pass the published vectors', () => {
    const vectors = ['aes-256-gcm', 'chacha20-poly1305', 'ed25519'].map((name) =>
      join(here, `../vectors/${name}.json`),
    );
    const lines = execFileSync('python3', ['-B', join(here, 'primitives_check.py'), ...vectors], {
      encoding: 'utf8',
    });
    expect(
      lines
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' good')),
    ).toEqual([]);
    expect(lines.trim().split('\n').length).toBe(14);
  });

  it('lists and prints files', () => {
    const list = read('list').stdout.toString('latin1');
    expect(list).toContain('lrwxrwxrwx  1000  1000            0 folder/pointer -> ../small.txt');
    expect(list).toContain('-rw-r-----  1000  1000         5000 small.txt');
    for (const [path, content] of sample.files) {
      expect(read('cat', textToBytes(path)).stdout.equals(content), path).toBe(true);
    }
  });

  it('extracts everything with its attributes', () => {
    const target = join(base, 'out');
    const { status, stdout, stderr } = read('extract', target);
    expect([status, stdout.toString(), stderr.toString()]).toEqual([0, '10 extracted, 0 failed\n', '']);
    for (const [path, content] of sample.files) {
      const file = Buffer.concat([Buffer.from(`${target}/`), textToBytes(path)]);
      expect(readFileSync(file).equals(content), path).toBe(true);
    }
    expect(readlinkSync(join(target, 'folder/pointer'))).toBe('../small.txt');
    expect(lstatSync(join(target, 'folder/pipe')).isFIFO()).toBe(true);
    expect(statSync(join(target, 'small.txt')).nlink).toBe(2);
    expect(statSync(join(target, 'folder/größer')).mode & 0o777).toBe(0o400);
    expect(statSync(join(target, 'small.txt'), { bigint: true }).mtimeNs).toBe(1_767_322_795_123_456_789n);
    expect(statSync(join(target, 'sparse')).blocks * 512).toBeLessThan(2 ** 20);
  });

  it('reads the copy of the log where the database is lost', () => {
    const before = read('list').stdout;
    rmSync(join(vault, 'manifest.db'));
    const { stdout, stderr } = read('list');
    expect(stderr.toString()).toBe('');
    expect(stdout.equals(before)).toBe(true);
    rmSync(join(vault, 'log'), { recursive: true });
    expect(read('list').stderr.toString()).toContain('neither manifest.db nor a copy of its log');
  });

  it('refuses a wrong key, a mistyped key, no vault, and bad usage in words', () => {
    writeFileSync(key, formatRecoveryKey(new Uint8Array(32)));
    expect(read('list').stderr.toString()).toBe('sherin_read: that is not the recovery key of this vault\n');
    writeFileSync(key, 'aaaa-bbbb');
    expect(read('list').stderr.toString()).toContain('has 56 characters, this has 8');
    expect(read('frobnicate').status).toBe(2);
    vault = join(base, 'nothing');
    expect(read('list').stderr.toString()).toContain('56 characters');
  });

  it('gets the other files when one cube is damaged', () => {
    const folders = readdirSync(join(vault, 'cubes'));
    const cubes = folders.flatMap((folder) =>
      readdirSync(join(vault, 'cubes', folder)).map((name) => join(folder, name)),
    );
    const [cube = ''] = cubes.filter((name) => statSync(join(vault, 'cubes', name)).size === 4096 + 8192);
    const bytes = readFileSync(join(vault, 'cubes', cube));
    bytes.writeUInt8(bytes.readUInt8(4096) ^ 1, 4096);
    writeFileSync(join(vault, 'cubes', cube), bytes);
    const { status, stdout, stderr } = read('extract', join(base, 'out'));
    expect(status).toBe(1);
    expect(stdout.toString()).toMatch(/^\d+ extracted, [12] failed\n$/);
    expect(stderr.toString()).toContain('a GCM tag does not match');
    expect(
      readFileSync(join(base, 'out/folder/größer')).equals(
        sample.files.get('folder/größer') ?? Buffer.alloc(0),
      ),
    ).toBe(true);
  });
});
