/** The mount's server as JavaScript: a process of its own can't be started from TypeScript. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Test files that run side by side compile side by side. */
const folder = join(root, 'dist', `.mount-test-${process.env.VITEST_POOL_ID ?? 0}`);
let compiled = false;

/** Path of a file of this folder, such as `server`, after compiling the project. */
export function compiledFile(name: string): string {
  if (!compiled) {
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    // Types are checked elsewhere; here they would only make the tests depend on files they don't use.
    execFileSync(compiler, ['-p', root, '--noCheck', '--outDir', folder], { stdio: 'pipe' });
    compiled = true;
  }
  return join(folder, 'test', 'mount', `${name}.js`);
}
