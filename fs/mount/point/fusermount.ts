/** The set-uid tool that mounts and unmounts for users. */
import { execFile } from 'node:child_process';
import { SherinError } from '../../../common/errors.js';
import { findProgram } from '../../../common/find-program.js';

/** @throws SherinError TOOL_MISSING */
export function fusermountPath(): string {
  const tool = findProgram('fusermount') ?? findProgram('fusermount3');
  if (tool === undefined) throw new SherinError('TOOL_MISSING', { tool: 'fusermount', package: 'fuse3' });
  return tool;
}

/** Runs `fusermount -u`, with `lazy` also while files are open. Gives null, or what the tool said. */
export async function fusermount(path: string, options: { readonly lazy: boolean }): Promise<string | null> {
  const tool = fusermountPath();
  const args = options.lazy ? ['-u', '-z', '--', path] : ['-u', '--', path];
  return new Promise((resolve) => {
    execFile(
      tool,
      args,
      { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' } },
      (error, _out, said) => {
        resolve(error === null ? null : said.trim() || error.message);
      },
    );
  });
}
