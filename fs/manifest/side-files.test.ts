/** What someone with the disk puts beside manifest.db: SQLite would follow it to files elsewhere. */
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { Fixture } from './testing/fixture.js';
import { pageBytes } from './testing/page-forge.js';

const fixtures: Fixture[] = [];
function fixture(): Fixture {
  const made = new Fixture();
  fixtures.push(made);
  return made;
}
afterEach(() => {
  for (const made of fixtures.splice(0)) made.remove();
});

/** The code of the refusal, null when it was opened. */
function refusal(vault: Fixture): string | null {
  try {
    vault.open().abandon();
    return null;
  } catch (error) {
    if (error instanceof SherinError) return error.code;
    throw error;
  }
}

/** A rollback journal of a database with so many pages, with nothing to roll back and a super-journal (SQLite's fileformat2, 3). */
function journalNaming(superJournal: string, pages: number): Buffer {
  const magic = Buffer.from('d9d505f920a163d7', 'hex');
  const header = Buffer.alloc(512);
  magic.copy(header);
  for (const [i, value] of [0, 0, pages, 512, pageBytes].entries()) header.writeUInt32BE(value, 8 + 4 * i);
  const name = Buffer.from(superJournal);
  const [before, after] = [Buffer.alloc(4), Buffer.alloc(8)];
  before.writeUInt32BE(0x4000_0000 / pageBytes + 1);
  after.writeUInt32BE(name.length);
  after.writeInt32BE(
    name.reduce((sum, byte) => sum + ((byte << 24) >> 24), 0),
    4,
  );
  return Buffer.concat([header, before, name, after, magic]);
}

describe('a file beside the database', () => {
  it('has SQLite delete no other file by a journal that names it', () => {
    const vault = fixture();
    vault.create().close();
    const other = `${vault.path}.other`;
    writeFileSync(other, 'precious');
    writeFileSync(`${vault.path}-journal`, journalNaming(other, statSync(vault.path).size / pageBytes));
    expect(refusal(vault)).toBe('MANIFEST_BROKEN');
    expect(readFileSync(other, 'utf8')).toBe('precious');
    rmSync(`${vault.path}-journal`);
    expect(refusal(vault)).toBeNull();
    for (const suffix of ['-journal', '-shm']) {
      writeFileSync(`${vault.path}${suffix}`, '');
      expect(refusal(vault)).toBe('MANIFEST_BROKEN');
      rmSync(`${vault.path}${suffix}`);
    }
  });

  it('has it write into no other file by a second name of it', () => {
    const vault = fixture();
    vault.create().close();
    const other = `${vault.path}.other`;
    writeFileSync(other, 'precious');
    linkSync(other, `${vault.path}-wal`);
    expect(refusal(vault)).toBe('MANIFEST_BROKEN');
    expect(readFileSync(other, 'utf8')).toBe('precious');
    rmSync(`${vault.path}-wal`);
    linkSync(vault.path, `${vault.path}.second`);
    expect(refusal(vault)).toBe('MANIFEST_BROKEN');
    rmSync(`${vault.path}.second`);
    expect(refusal(vault)).toBeNull();
  });
});
