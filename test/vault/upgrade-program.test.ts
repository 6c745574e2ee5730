/** The program that gets the keys at an upgrade: one that others may change gets none, and that is on record. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { Machine } from './machine.js';
import { gone } from './wait.js';

let machine: Machine;
/** Programs of the machine's own. */
let programs: string;

beforeAll(() => {
  machine = Machine.empty();
  machine.init();
  programs = join(machine.home, 'programs');
  for (const name of ['cli', 'fs']) copyProgram(name);
  copyFileSync(join(projectRoot, 'package.json'), join(programs, 'package.json'));
  for (const name of ['build', 'node_modules']) symlinkSync(join(projectRoot, name), join(programs, name));
  const up = [join(programs, 'dist/cli/main.js'), 'up', '--no-daemon'];
  const { status, stderr } = spawnSync(process.execPath, up, { env: machine.env, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});
afterAll(() => machine.end());

function copyProgram(name: string): void {
  const to = join(programs, 'dist', name);
  const from = join(projectRoot, 'dist', name);
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true }))
    if (entry.isFile()) copyFileSync(join(from, entry.name), join(to, entry.name));
}

it('is refused the keys where everybody may change a part of it, on record, and gets them otherwise', async () => {
  await machine.call('unlock', { slot: 'tpm' });
  const { pid } = (await machine.call('status', {})).fs;
  const part = join(programs, 'dist/fs/program.cjs');
  chmodSync(part, 0o666);
  await expect(machine.call('upgrade', {})).rejects.toMatchObject({
    code: 'UPGRADE_REFUSED',
    context: { part: `others may change ${part}` },
  });
  expect((await machine.call('status', {})).fs.pid).toBe(pid);
  chmodSync(part, 0o644);
  const next = await machine.call('upgrade', {});
  await gone(pid);
  expect((await machine.call('status', {})).fs.pid).toBe(next.pid);
  const { records } = await machine.call('audit.tail', { count: 50 });
  const tried = records.filter(({ event }) => String(event).startsWith('AUDIT_UPGRADE'));
  expect(tried).toMatchObject([
    { event: 'AUDIT_UPGRADE_FAILED', meta: { code: 'UPGRADE_REFUSED' } },
    { event: 'AUDIT_UPGRADE' },
  ]);
});
