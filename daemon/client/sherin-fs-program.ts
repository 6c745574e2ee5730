/** The program sherin-fs, which stands beside sherinctl and sherind. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { projectRoot } from '../../common/project.js';

/** Path of its script: dist/fs/main.js. @throws SherinError TOOL_MISSING before it was built */
export function sherinFs(): string {
  const path = join(projectRoot, 'dist/fs/main.js');
  if (!existsSync(path))
    throw new SherinError('TOOL_MISSING', { tool: path, package: 'sherin (npm run build)' });
  return path;
}

/** The flags that tell sherin-fs where things are. */
export function placeFlags(where: Places): string[] {
  return ['--vault', where.vault, '--mount', where.mount, '--runtime-dir', where.runtime];
}
