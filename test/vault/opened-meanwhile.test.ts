/** Programs that open a file, without JavaScript, while it gets another content read the new one from then on. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { Program } from './program.js';

/** Opens a file all the time until it is asked; then says what all that it has opened show, each from the vault. */
const opener = `
import os, sys, threading
files, ends = [], threading.Event()
def opens():
    while not ends.is_set() and len(files) < 900:
        files.append(os.open(sys.argv[1], os.O_RDONLY))
thread = threading.Thread(target=opens)
thread.start()
print('opens', flush=True)
sys.stdin.readline()
ends.set()
thread.join()
def shown(file):
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    return os.pread(file, 100, 0).decode()
print(','.join(sorted({shown(file) for file in files})), flush=True)
`;

const machine = Machine.empty();
const path = (name = '') => join(machine.mount, 'files/tree', name);
beforeAll(async () => {
  machine.init();
  machine.ok('up');
  mkdirSync(path());
  for (const content of ['one', 'two']) {
    for (const name of ['a', 'b', 'c']) writeFileSync(path(name), content);
    await machine.call('snapshot', {});
  }
});
afterAll(() => machine.end());

it.each(Array.from({ length: 10 }, (_, at) => (at % 2) + 1))(
  'while version %i is restored',
  async (version) => {
    // Who lists the directory and reads its first file has the next one prepared.
    writeFileSync(path('a'), 'of no version');
    readdirSync(path());
    readFileSync(path('a'));
    const program = new Program(opener, [path('b')]);
    try {
      expect(await program.answer()).toBe('opens');
      await machine.call('restore', { path: 'files/tree/b', version });
      expect(await program.ask()).toBe(version === 1 ? 'one' : 'two');
      expect(readFileSync(path('b'), 'utf8')).toBe(version === 1 ? 'one' : 'two');
    } finally {
      program.kill();
    }
  },
);
