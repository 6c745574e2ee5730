/** The set-uid tool that mounts and unmounts for users. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../../common/errors.js';

async function findTool(names: readonly string[]): Promise<string | undefined> {
  const folders = [
    ...(process.env.PATH ?? '').split(':').filter((folder) => folder !== ''),
    '/bin',
    '/usr/bin',
  ];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      const usable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (usable) return path;
    }
  }
  return undefined;
}

/** @throws SherinError TOOL_MISSING */
export async function fusermountPath(): Promise<string> {
  const tool = await findTool(['fusermount', 'fusermount3']);
  if (tool === undefined) throw new SherinError('TOOL_MISSING', { tool: 'fusermount', package: 'fuse3' });
  return tool;
}

/** Runs `fusermount -u`, with `lazy` also while files are open. Gives null, or what the tool said. */
export async function fusermount(path: string, options: { readonly lazy: boolean }): Promise<string | null> {
  const tool = await fusermountPath();
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
