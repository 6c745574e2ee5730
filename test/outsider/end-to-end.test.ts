/** Vaults that sherinctl made, after a clean stop and after a kill, read by the outsider and by the reference. */
import { spawnSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesToText, textToBytes } from '../../common/names.js';
import { equalBytes } from '../reference/bytes.js';
import { content } from '../reference/samples.js';
import { decodeVault, type TreeNode } from '../reference/vault.js';
import { listTree, Machine } from '../vault/machine.js';

let machine: Machine;
let source: string;
/** Of the tree. */
let cubes: readonly string[];

function outsider(vault: string, ...command: string[]) {
  const script = join(import.meta.dirname, 'sherin_read.py');
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr } = spawnSync(
    'python3',
    [script, vault, machine.recoveryFile, ...command],
    options,
  );
  return { status, stdout, stderr };
}

function makeTree(): void {
  mkdirSync(join(source, 'folder/deeper'), { recursive: true });
  for (const size of [0, 1, 4096, 65_537, 1_048_576, 2_500_000]) {
    writeFileSync(join(source, `size ${size}`), content(size, size % 256));
  }
  writeFileSync(Buffer.concat([Buffer.from(`${source}/not UTF-8 `), Buffer.of(0xff, 0xfe)]), 'name');
  writeFileSync(join(source, 'folder/größer'), content(70_000, 3), { mode: 0o400 });
  writeFileSync(join(source, 'sparse'), 'begin');
  truncateSync(join(source, 'sparse'), 70 * 2 ** 20);
  spawnSync('setfattr', ['-n', 'user.note', '-v', 'remember', join(source, 'size 4096')]);
  linkSync(join(source, 'size 1'), join(source, 'folder/hard link'));
  symlinkSync('../size 1', join(source, 'folder/deeper/soft link'));
  spawnSync('mkfifo', [join(source, 'folder/pipe')]);
  utimesSync(join(source, 'folder'), 1_000_000_000, 1_234_567_890);
}

/** Extracted files are those that were put: bytes, kinds, modes, owners, links, times. */
function expectExtracted(vault: string, to: string): void {
  const target = join(machine.home, to);
  const { status, stdout, stderr } = outsider(vault, 'extract', target);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^\d+ extracted, 0 failed\n$/);
  expect(machine.shell(`diff -r --no-dereference --exclude=pipe tree ${to}/tree`)).toMatchObject({
    code: 0,
    out: '',
  });
  expect(listTree(join(target, 'tree'))).toBe(listTree(source));
  const attribute = machine.shell(`getfattr --only-values -n user.note '${to}/tree/size 4096'`);
  expect(attribute.out).toBe('remember');
}

function* files(node: TreeNode, path: readonly string[] = []): Iterable<[string, TreeNode]> {
  if (node.attributes.kind === 1) yield [path.join('/'), node];
  for (const child of node.children) yield* files(child, [...path, bytesToText(child.name)]);
}

/** The reference verifies log, snapshot and audit log, and decrypts every file to what was put. */
function expectDecoded(vault: string): void {
  const decoded = decodeVault(vault, readFileSync(machine.recoveryFile, 'utf8'));
  const found = [...files(decoded.root)];
  expect(found.length).toBe(10);
  for (const [path, node] of found) {
    const file = Buffer.concat([Buffer.from(`${machine.home}/`), textToBytes(path)]);
    expect(equalBytes(node.content(), readFileSync(file)), path).toBe(true);
  }
  const request = decoded.tasks?.children[0]?.children[0]?.children[0];
  expect([request?.id?.slice(0, 5), String(Buffer.from(request?.content() ?? []))]).toEqual([
    'TASK_',
    'question\n',
  ]);
  expect(decoded.audit.records).toBeGreaterThan(2);
}

beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'tree');
  makeTree();
  machine.ok('put', source, 'files/tree');
  cubes = machine.cubes();
  // A second tree beside files/, which a reader of that need not know of.
  const written = machine.shell(
    'echo question > "$M/inbox/request"; getfattr -n user.sherin.id "$M/inbox/request"',
  );
  expect(written.out).toContain('TASK_');
});
afterAll(() => machine.end());

describe('a vault of sherinctl', () => {
  it('is read in plain Python and by the reference after a kill, from its write-ahead log', async () => {
    await machine.killFs();
    machine.shell('fusermount -uzq "$M"; cp -a vault killed');
    const vault = join(machine.home, 'killed');
    expectExtracted(vault, 'out-killed');
    expectDecoded(vault);
  });

  it('is read in plain Python and by the reference after a clean stop', () => {
    machine.ok('up');
    machine.ok('down');
    expectExtracted(machine.vault, 'out');
    expectDecoded(machine.vault);
    expect(outsider(machine.vault, 'cat', 'tree/folder/hard link').stdout).toBe(
      readFileSync(join(source, 'size 1'), 'utf8'),
    );
  });

  it('gives plain Python all but what is damaged, and says what that is', () => {
    machine.shell('cp -a vault damaged');
    const [cube = ''] = cubes;
    const path = cube.replace(machine.vault, join(machine.home, 'damaged'));
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    writeFileSync(path, bytes);
    const { status, stdout, stderr } = outsider(
      join(machine.home, 'damaged'),
      'extract',
      join(machine.home, 'rest'),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/ [12] failed\n$/);
    expect(stderr).toContain('a GCM tag does not match');
    writeFileSync(join(machine.home, 'damaged/manifest.db'), 'x');
    expect(outsider(join(machine.home, 'damaged'), 'list').stderr).toMatch(
      /^sherin_read: manifest.db is not/,
    );
  });
});
