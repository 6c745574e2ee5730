/** The Debian package: what is in it, and what systemd says of its units. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let home: string;
let file: string;
const inside = (...parts: string[]): string => join(home, 'root', ...parts);

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  const args = [join(root, 'setup/package/main.mjs'), home];
  file = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
  execFileSync('dpkg-deb', ['-R', file, join(home, 'root')]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('it needs what its addons are linked to and what it runs', () => {
  const control = readFileSync(inside('DEBIAN/control'), 'utf8');
  for (const name of [
    'nodejs',
    'fuse3',
    'swtpm',
    'bubblewrap',
    'libtss2-esys-3.0.2-0',
    'libfuse3-3',
    'libc6',
  ])
    expect(control).toMatch(new RegExp(`^Depends: .*\\b${name}\\b`, 'm'));
  expect(control).not.toMatch(/-dev\b/);
});

test('everything in it is root’s and nobody else writes to it; nothing names the clone', () => {
  const list = execFileSync('dpkg-deb', ['-c', file], { encoding: 'utf8' }).trim().split('\n');
  for (const line of list) expect(line).toMatch(/^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx) root\/root /);
  const texts = readdirSync(inside(), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(texts.length).toBeGreaterThan(60);
  // As a path of its own, not as the end or the beginning of another.
  const clone = new RegExp(`(?<![\\w./-])${root.replace(/[^\w/]/g, '\\$&')}/`);
  for (const { parentPath, name } of texts)
    expect(clone.test(readFileSync(join(parentPath, name), 'latin1')), join(parentPath, name)).toBe(false);
});

test('whoever has nothing but the package finds what its pages for users and administrators link to', () => {
  const docs = inside('usr/share/doc/sherin/docs');
  for (const page of ['operations.md', 'using.md']) {
    const text = readFileSync(join(docs, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s#]+)/g)].map(([, target = '']) => target);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(existsSync(join(docs, link)), `${page}: ${link}`).toBe(true);
  }
});

test('it runs alone: the program, its page, its completions', () => {
  const program = inside('usr/lib/sherin/dist/cli/main.js');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: '/' });
  expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(run('status', '--runtime-dir', home)).toMatchObject({ status: 6 });
  const verify = spawnSync(inside('usr/bin/sherin-verify'), ['--help'], { encoding: 'utf8', cwd: '/' });
  expect(verify).toMatchObject({ status: 0, stdout: expect.stringContaining('usage: sherin-verify') });
  for (const path of [
    'bash-completion/completions/sherinctl',
    'man/man1/sherinctl.1.gz',
    'doc/sherin/copyright',
  ])
    expect(existsSync(inside('usr/share', path)), path).toBe(true);
});

test('lintian finds nothing wrong with it but what it is told the reason of', () => {
  const { error, stdout } = spawnSync('lintian', ['--allow-root', file], { encoding: 'utf8' });
  expect(error, 'it takes lintian: apt-get install lintian').toBeUndefined();
  expect(stdout).toBe('');
});

test('no script of it removes a vault or what opens one', () => {
  for (const name of ['postinst', 'prerm', 'postrm']) {
    const script = readFileSync(inside('DEBIAN', name), 'utf8');
    const removed = script.split('\n').filter((line) => /\b(rm|rmdir|find|unlink|shred)\b/.test(line));
    for (const line of removed)
      expect(line).toMatch(
        /^rm -f( \/run\/sherin\/\S+\.log| \/usr\/lib\/sherin\/dist\/\*\/program\.\*\.compiled)+$/,
      );
  }
});

test('systemd finds nothing wrong with the units, and the service is exposed no more than it has to be', () => {
  const folder = inside('usr/lib/systemd/system');
  const units = readdirSync(folder).map((name) => join(folder, name));
  expect(units).toHaveLength(4);
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  expect(verified).toMatchObject({ status: 0, stderr: '' });
  const service = join(folder, 'sherind.service');
  // 6.4 of 10, where nothing hardened is 9.6: what is left is what a mount, a compiler at run time and sandboxes need.
  const security = ['security', '--offline=true', '--threshold=64', service];
  expect(spawnSync('systemd-analyze', security, { encoding: 'utf8' }).status).toBe(0);
});
