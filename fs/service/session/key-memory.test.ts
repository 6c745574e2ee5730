import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from '../../../common/project.js';

it('sherin-fs does not run while the debugger of Node is open in it', () => {
  const program = join(projectRoot, 'dist/fs/main.js');
  const { status, stderr } = spawnSync(process.execPath, ['--inspect=0', program, 'public-key'], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('sherin-fs does not run under a debugger of Node (--inspect)');
  expect(status).toBe(2);
});
