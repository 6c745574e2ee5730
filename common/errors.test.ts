import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errorTable, SherinError } from './errors.js';
import { version } from './version.js';

describe('the error table', () => {
  it.each(Object.entries(errorTable))(
    '%s has an errno of the system or of the sockets, a documented exit code, a sentence and a next step',
    (_, row) => {
      expect([...Object.keys(constants.errno), 'EPOLICY']).toContain(row.errno);
      expect([1, 2, 3, 4, 5, 6]).toContain(row.exit);
      expect(row.sentence.length).toBeGreaterThan(5);
      expect(row.hint.length).toBeGreaterThan(5);
      expect(`${row.sentence}${row.hint}`).not.toMatch(/\n|undefined/);
    },
  );

  it('fills its sentences from the context', () => {
    const error = new SherinError('VAULT_MISSING', { path: '/a' });
    expect(error.message).toBe('there is no vault at /a');
    expect(error.hint).toBe('make one with: sherinctl init /a');
    expect([error.errno, error.exit]).toEqual(['ENOENT', 1]);
  });
});

it('the version is that of package.json', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version).toBe(version);
});
