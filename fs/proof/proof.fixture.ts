/** sherin-verify where nothing of Sherin is: copied alone into an empty folder, without environment. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';

export interface Alone {
  readonly folder: string;
  /** Writes a file there and gives its path. */
  write(name: string, content: string | Buffer): string;
  run(...args: string[]): { readonly code: number; readonly out: string; readonly err: string };
  remove(): void;
}

export function alone(): Alone {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-alone-'));
  copyFileSync(join(projectRoot, 'dist/sherin-verify.mjs'), join(folder, 'sherin-verify.mjs'));
  return {
    folder,
    write(name, content) {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    run(...args) {
      const options = { cwd: folder, env: {}, encoding: 'utf8' } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['sherin-verify.mjs', ...args], options);
      return { code: status ?? -1, out: stdout, err: stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
