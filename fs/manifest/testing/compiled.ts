/** The project as JavaScript in a temporary directory, for tests that need processes of their own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Compiles all sources, unchecked; the caller removes the directory. */
export function compileProject(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sherin-compiled-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', root, '--outDir', directory, '--noCheck'], {
    cwd: dirname(compiler),
  });
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  return directory;
}
