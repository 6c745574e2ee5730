/** Bytes of an export that no vault writes. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NotCanonical } from '../../common/strict-json.js';
import { checkExport } from './check-export.js';
import { ExportReader } from './export-reader.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read<T>(content: string | Buffer, step: (fd: number) => T): T {
  writeFileSync(join(folder, 'export'), content);
  const fd = openSync(join(folder, 'export'), 'r');
  try {
    return step(fd);
  } finally {
    closeSync(fd);
  }
}
const text = (content: string | Buffer) => read(content, (fd) => new ExportReader(fd).text());

test('a text has one form, and is UTF-8', () => {
  expect(text('"a\\n\\u001bä\\udc80"')).toBe('a\n\u001bä\udc80');
  for (const content of [Buffer.from('"\xff"', 'latin1'), '"\\u0061"', '"\\/"', '"\t"', '"a', '"\\'])
    expect(() => text(content), String(content)).toThrow(NotCanonical);
});

test('the vault that an export claims to be of is told only where it is a UUID', () => {
  const base64 = (length: number) => Buffer.alloc(length).toString('base64');
  const signature = base64(64);
  const head = `{"layout":"${base64(192)}","signature":"${signature}"}`;
  const content = (vault: string) =>
    `{"cubes":{},"head":${head},"objects":{},"signature":"${signature}","v":1,"vault":"${vault}"}`;
  const key = { uuid: Buffer.alloc(16, 1), publicKey: Buffer.alloc(32, 9) };
  const check = (vault: string) => () => read(content(vault), (fd) => checkExport(fd, key));
  expect(check('\\u001b[2J')).toThrow('its vault is no UUID');
  expect(check('02020202-0202-0202-0202-020202020202')).toThrow('it is of the vault 02020202-');
});
