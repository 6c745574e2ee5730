import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyFileTo } from './copy.js';

/** Puts a file and a link to another one into the same place, in turn, without end. */
const swap = `
import os, sys
os.chdir(sys.argv[1])
print('ready', flush=True)
while True:
    os.symlink('secret', 'l'); os.rename('l', 'from')
    with open('f', 'w') as file: file.write('public')
    os.rename('f', 'from')
`;

it('copies no file to which a link leads that takes its place between a look and the copy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-copy-'));
  writeFileSync(join(folder, 'secret'), 'secret');
  const swapping = spawn('python3', ['-c', swap, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => swapping.once('close', done));
  try {
    await new Promise((ready) => swapping.stdout.once('data', ready));
    let copied = 0;
    for (let round = 0; copied < 60 && round < 50_000; round++) {
      if (!(await copyFileTo(join(folder, 'from'), join(folder, 'to')))) continue;
      copied += 1;
      expect(readFileSync(join(folder, 'to'), 'utf8')).toBe('public');
    }
    expect(copied).toBe(60);
  } finally {
    swapping.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
});
