/** Programs of the tests as the build has compiled them: a process of its own can't be started from TypeScript. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectRoot } from './project.js';

/** The JavaScript of a source file, given by its absolute path. */
export function built(source: string): string {
  const script = join(projectRoot, 'dist', relative(projectRoot, source).replace(/\.ts$/, '.js'));
  if (!existsSync(script)) throw new Error(`${script} is missing; build it with: npm run build`);
  return script;
}
