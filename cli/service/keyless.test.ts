/** What sherinctl makes of a program that does not speak as sherin-fs does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { runKeyless } from './keyless.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-keyless-'));
  vi.stubEnv('NODE_OPTIONS', `--require ${join(home, 'says.cjs')}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

it.each([
  ['garbage', `'garbage\\n'`],
  ['a result of another form', `'{"result":{"line":7}}\\n'`],
  ['half a line', `'{"result":{"line":'`],
  ['a line longer than any', `'x'.repeat(5 << 20)`],
])('%s is an error of the table', async (_, said) => {
  // Who has heard enough does not read the rest.
  const script = `try { require('node:fs').writeFileSync(1, ${said}); } finally { process.exit(0); }`;
  writeFileSync(join(home, 'says.cjs'), script);
  const run = runKeyless([], z.strictObject({ line: z.string() }), () => undefined);
  await expect(run).rejects.toMatchObject({ code: 'PROTOCOL' });
});
