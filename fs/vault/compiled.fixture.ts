/** Compiles a TypeScript program of the tests, so that it can run as a process of its own and be killed. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface CompiledProgram {
  readonly script: string;
  remove(): void;
}

/** `source` is the absolute path of a .ts file of the project. */
export function compileProgram(source: string): CompiledProgram {
  // below the project's build/, so that packages and addons are found
  const folder = join(root, 'build', `program-${process.pid}-${Date.now()}`);
  const language = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--skipLibCheck'];
  const options = ['--ignoreConfig', '--outDir', folder, '--rootDir', root, ...language, source];
  execFileSync(join(root, 'node_modules/.bin/tsc'), options);
  return {
    script: join(folder, relative(root, source).replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
