/** Targets of native/fuzz: a source file each. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';

export function nativeTargets(): string[] {
  return readdirSync(join(projectRoot, 'native/fuzz'))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => name.slice(0, -'.cc'.length));
}
