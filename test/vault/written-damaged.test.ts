/** Writing to a file of which something can not be read: it alone has to wait, and loses nothing. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { flip } from './damage.js';
import { Machine } from './machine.js';

vi.setConfig({ testTimeout: 120_000 });

const MiB = 1024 * 1024;
/** In the vertex that is damaged, behind the block with the damage. */
const besideDamage = 5 * 65_536 + 8192;
let machine: Machine;
const at = (name: string): string => join(machine.mount, 'files', name);

beforeEach(() => {
  machine = Machine.start();
});
afterEach(() => machine.end());

/** Puts a file of 2 MiB and damages what holds its first; returns its content. */
async function damagedFile(): Promise<Buffer> {
  const content = randomBytes(2 * MiB);
  const source = join(machine.home, 'source');
  writeFileSync(source, content.subarray(0, MiB));
  machine.ok('put', source, 'files/first');
  const victim = await machine.cubeOf('files/first');
  writeFileSync(source, content);
  machine.ok('put', source, 'files/damaged');
  machine.ok('lock');
  flip(victim, 4096 + 5 * 65_536);
  machine.ok('unlock');
  return content;
}

function kill(): void {
  process.kill(machine.fsPid, 'SIGKILL');
  machine.ok('up');
}

function write(name: string, text: string, offset: number): void {
  const file = openSync(at(name), 'r+');
  writeSync(file, text, offset);
  fsyncSync(file);
  closeSync(file);
}

/** Whether bytes `offset`… of the damaged file read as `expected`: a whole number of blocks, of which the kernel asks no more. */
function readsAs(expected: Buffer | string, offset: number): boolean {
  const count = Buffer.byteLength(expected) / 4096;
  writeFileSync(join(machine.home, 'expected'), expected);
  const { out, err } = machine.shell(
    `dd if=$M/files/damaged bs=4096 skip=${offset / 4096} count=${count} iflag=direct status=none | cmp - expected && echo same`,
  );
  if (err !== '') throw new Error(err);
  return out === 'same\n';
}

it('lets all other files become durable, and keeps what was written until the cube is there again', async () => {
  const content = await damagedFile();
  const text = 'new block '.repeat(410).slice(0, 4096);
  write('damaged', text, 8192);
  writeFileSync(at('other'), 'others do not wait');
  expect(machine.run('sync').code).toBe(0);
  expect(machine.ok('log', 'files/other')).toMatch(/18/);
  expect(readsAs(text, 8192)).toBe(true);
  expect(readsAs(content.subarray(MiB), MiB)).toBe(true);
  // Neither a crash nor a lock loses it, nor stops anybody.
  kill();
  expect(readsAs(text, 8192)).toBe(true);
  write('other', 'Others', 0);
  kill();
  expect(readFileSync(at('other'), 'utf8')).toBe('Others do not wait');
  machine.ok('lock');
  machine.ok('unlock');
  expect(readsAs(text, 8192)).toBe(true);
  expect(() => readsAs(text, 5 * 65_536)).toThrow(/Permission denied/);
  // A good copy heals it, and then it is a version.
  writeFileSync(join(machine.home, 'source'), content);
  machine.ok('put', join(machine.home, 'source'), 'files/good');
  machine.ok('snapshot');
  const expected = Buffer.from(content);
  expected.write(text, 8192);
  expect(readFileSync(at('damaged')).equals(expected)).toBe(true);
  machine.ok('lock');
  machine.ok('unlock');
  expect(readFileSync(at('damaged')).equals(expected)).toBe(true);
  expect(machine.run('verify').code).toBe(0);
});

it('makes a version of what is written to other parts of the cube: those that it keeps are named, not read', async () => {
  const content = await damagedFile();
  write('damaged', 'y'.repeat(4096), 8192);
  machine.ok('sync');
  expect(machine.ok('log', 'files/damaged').match(/FILES_/g)).toHaveLength(2);
  content.fill('y', 8192, 8192 + 4096);
  expect(readsAs(content.subarray(0, 5 * 65_536), 0)).toBe(true);
  expect(() => readsAs(content.subarray(5 * 65_536, 6 * 65_536), 5 * 65_536)).toThrow(/Permission denied/);
  expect(readsAs(content.subarray(MiB), MiB)).toBe(true);
  expect(machine.run('verify').code).toBe(3);
});

it('tells who closes the file, and goes on where it is cut or grows at what can not be read', async () => {
  await damagedFile();
  const file = openSync(at('damaged'), 'r+');
  writeSync(file, 'x'.repeat(4096), besideDamage);
  machine.run('snapshot');
  expect(() => closeSync(file)).toThrow(/EACCES/);
  machine.shell('truncate -s 700000 $M/files/damaged; truncate -s 800000 $M/files/damaged');
  writeFileSync(at('other'), 'others do not wait');
  machine.ok('snapshot');
  kill();
  expect(readFileSync(at('other'), 'utf8')).toBe('others do not wait');
  expect(readsAs('x'.repeat(4096), besideDamage)).toBe(true);
  const { out } = machine.run('fsck');
  expect(out).toContain('1 cube lacking');
  expect(out).not.toContain('broken');
  // What is put over it takes its place as a whole.
  machine.ok('put', join(machine.home, 'source'), 'files/damaged');
  expect(readFileSync(at('damaged')).equals(readFileSync(join(machine.home, 'source')))).toBe(true);
});
