/** Who may change the program that gets the keys, or any folder above it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireTrusted, requireTrustedProgram } from './trusted-program.js';

let home: string;
let top: string;
let program: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-trusted-'));
  top = join(home, 'top');
  mkdirSync(join(top, 'middle/bottom'), { recursive: true });
  program = join(top, 'middle/bottom/program');
  writeFileSync(program, '');
  symlinkSync(program, join(home, 'link'));
});
afterAll(() => rmSync(home, { recursive: true }));

it('is trusted where nobody else may, through a link too, and below a directory with the sticky bit', async () => {
  for (const [mode, path] of [
    [0o755, top],
    [0o1777, top],
  ] as const) {
    chmodSync(path, mode);
    await requireTrusted(program);
    await requireTrusted(join(home, 'link'));
  }
  chmodSync(top, 0o755);
});

it('is refused where others may change it or any folder up to the root', async () => {
  const places = [program, join(top, 'middle/bottom'), join(top, 'middle'), top];
  for (const path of places)
    for (const mode of [0o757, 0o775, 0o777]) {
      chmodSync(path, mode);
      await expect(requireTrusted(join(home, 'link')), path).rejects.toMatchObject({
        code: 'UPGRADE_REFUSED',
        context: { part: `others may change ${path}` },
      });
      chmodSync(path, 0o755);
    }
  await expect(requireTrusted(join(top, 'gone'))).rejects.toMatchObject({ code: 'UPGRADE_REFUSED' });
});

it('is refused where others may change a file beside it, one that this process has loaded, or what says which file a package is', async () => {
  const beside = join(top, 'middle/bottom/program.cjs');
  const loaded = join(home, 'loaded.cjs');
  const manifest = join(top, 'package.json');
  for (const path of [beside, loaded, manifest]) writeFileSync(path, '');
  createRequire(import.meta.url)(loaded);
  await requireTrustedProgram(join(home, 'link'));
  for (const path of [beside, loaded, manifest]) {
    chmodSync(path, 0o646);
    await expect(requireTrustedProgram(join(home, 'link')), path).rejects.toMatchObject({
      code: 'UPGRADE_REFUSED',
      context: { part: `others may change ${path}` },
    });
    chmodSync(path, 0o644);
  }
  rmSync(loaded);
  await requireTrustedProgram(program);
});
