import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());

describe('a link in the place of a folder of the backup', () => {
  it.each(['audit', 'cubes', 'cubes/tmp', 'quarantine', 'journal', 'backup.tmp'])(
    'leads nowhere: %s',
    (folder) => {
      const target = join(machine.home, `linked ${folder.replace('/', ' ')}`);
      const elsewhere = join(machine.home, `elsewhere of ${folder.replace('/', ' ')}`);
      machine.ok('backup', target);
      mkdirSync(join(elsewhere, '00000001.jsonl.tmp/deep'), { recursive: true });
      mkdirSync(join(elsewhere, 'journal'));
      for (const name of ['00000001.jsonl', 'manifest.db', '00000001.journal', 'kept', 'journal/kept'])
        writeFileSync(join(elsewhere, name), 'of somebody else');
      rmSync(join(target, folder), { recursive: true, force: true });
      symlinkSync(elsewhere, join(target, folder));
      writeFileSync(join(machine.mount, 'files', `new ${folder.replace('/', ' ')}`), randomBytes(1000));
      const { code, err } = machine.run('backup', target);
      expect(readdirSync(elsewhere, { recursive: true }).sort()).toEqual(
        [
          ...['00000001.journal', '00000001.jsonl', '00000001.jsonl.tmp', '00000001.jsonl.tmp/deep'],
          ...['journal', 'journal/kept', 'kept', 'manifest.db'],
        ].sort(),
      );
      for (const name of ['00000001.jsonl', 'manifest.db', '00000001.journal', 'kept', 'journal/kept'])
        expect(readFileSync(join(elsewhere, name), 'utf8')).toBe('of somebody else');
      // What is made anew each time takes the place of a link; the others are to be looked at by who owns them.
      if (folder === 'journal' || folder === 'backup.tmp') expect(code).toBe(0);
      else {
        expect(code).toBe(1);
        expect(err).toContain(`a link or file in the place of its folder ${folder}`);
      }
    },
    120_000,
  );
});

describe('a link in the place of what a restored backup writes', () => {
  it('is not followed', () => {
    const made = join(machine.home, 'to be restored');
    const target = join(machine.home, 'restored by halves');
    machine.ok('backup', made);
    mkdirSync(target);
    writeFileSync(join(machine.home, 'kept'), 'of somebody else');
    symlinkSync(join(machine.home, 'kept'), join(target, 'restore.tmp'));
    machine.run('restore-backup', made, target);
    expect(readFileSync(join(machine.home, 'kept'), 'utf8')).toBe('of somebody else');
  });
});
