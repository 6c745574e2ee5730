/** What every call that takes a path refuses alike: path_resolution(7). */

import { AT_FDCWD, noFile, nowhere, O_RDONLY } from './constants.js';
import type { Bytes, Process } from './process.js';
import { asUser, type Rule, refuses } from './rule.js';
import type { Scene } from './scene.js';

export interface PathCall {
  /** Page of the manual. */
  readonly source: string;
  /** Which path of the call, where it has two, or which call of an operation. */
  readonly label?: string;
  readonly call: (scene: Scene, path: Bytes) => Promise<unknown>;
  /** The C library looks into the path itself, so that a bad address ends the process. */
  readonly unsafe?: boolean;
  /** The last part of the path is followed when it is a symbolic link, and must exist. */
  readonly follows?: boolean;
  /** The last part must exist, and be no directory: a slash after a file is refused. */
  readonly existing?: boolean;
}

/** The longest name. */
export const longName = 'n'.repeat(255);

/** A path of `length` bytes to a name in the current directory. */
export function longPath(name: string, length: number): string {
  const slashes = (length - name.length) % 2;
  return `${'./'.repeat((length - name.length - slashes) / 2)}${'/'.repeat(slashes)}${name}`;
}

export function pathRefusals(path: PathCall): Rule[] {
  const { source, call } = path;
  const say = (text: string): string => (path.label === undefined ? text : `${path.label}: ${text}`);
  const rules = [
    refuses('ENOENT', say('a directory on the way does not exist'), source, (t) => call(t, 'missing/name')),
    refuses('ENOENT', say('the path is empty'), source, (t) => call(t, '')),
    refuses('ENOENT', say('a link on the way leads nowhere'), source, async (t) => {
      await t.me.call('symlink', 'missing', 'dangling');
      return call(t, 'dangling/name');
    }),
    refuses('ENOTDIR', say('a part on the way is a file'), source, async (t) => {
      await t.file('plain');
      return call(t, 'plain/name');
    }),
    refuses('ENOTDIR', say('a link on the way leads to a file'), source, async (t) => {
      await t.file('plain');
      await t.me.call('symlink', 'plain', 'link');
      return call(t, 'link/name');
    }),
    refuses('ELOOP', say('links on the way lead in a circle'), source, async (t) => {
      await t.me.call('symlink', 'second', 'first');
      await t.me.call('symlink', 'first', 'second');
      return call(t, 'first/name');
    }),
    refuses('ENAMETOOLONG', say('the last name has 256 bytes'), source, (t) => call(t, `${longName}n`)),
    refuses('ENAMETOOLONG', say('a name on the way has 256 bytes'), source, (t) =>
      call(t, `${longName}n/name`),
    ),
    refuses('ENAMETOOLONG', say('the path has 4,096 bytes, one too many with its end'), source, (t) =>
      call(t, longPath('name', 4096)),
    ),
    ...asUser(
      refuses('EACCES', say('a directory on the way may not be searched'), source, async (t) => {
        await t.folder('closed');
        await t.file('closed/name');
        await t.me.call('chmod', 'closed', 0o600);
        return call(t, 'closed/name');
      }),
    ),
  ];
  if (path.unsafe !== true)
    rules.push(
      refuses('EFAULT', say('the path lies outside of the memory of the process'), source, (t) =>
        call(t, nowhere),
      ),
    );
  if (path.follows === true)
    rules.push(
      refuses('ELOOP', say('the last part is a link to itself'), source, async (t) => {
        await t.me.call('symlink', 'self', 'self');
        return call(t, 'self');
      }),
      refuses('ENOENT', say('the last part is a link that leads nowhere'), source, async (t) => {
        await t.me.call('symlink', 'missing', 'dangling');
        return call(t, 'dangling');
      }),
    );
  if (path.existing === true)
    rules.push(
      refuses('ENOENT', say('nothing has this name'), source, (t) => call(t, 'missing')),
      refuses('ENOTDIR', say('a slash follows the name of a file'), source, async (t) => {
        await t.file('plain');
        return call(t, 'plain/');
      }),
    );
  return rules;
}

/** What a call refuses that takes a directory's descriptor and a path from there. */
export function atRefusals(
  source: string,
  name: string,
  call: (process: Process, fd: number, path: string) => Promise<unknown>,
): Rule[] {
  return [
    refuses('EBADF', `${name}: the descriptor of the directory is not open`, source, (t) =>
      call(t.me, noFile, 'name'),
    ),
    refuses('ENOTDIR', `${name}: the descriptor is one of a file`, source, async (t) => {
      await t.file('plain');
      return call(t.me, await t.me.open('plain', O_RDONLY), 'name');
    }),
    refuses('ENOENT', `${name}: the directory of the descriptor was removed`, source, async (t) => {
      await t.folder('gone');
      const fd = await t.me.open('gone', O_RDONLY);
      await t.me.call('rmdir', 'gone');
      return call(t.me, fd, 'name');
    }),
    refuses('ENOENT', `${name}: AT_FDCWD means the current directory`, source, (t) =>
      call(t.me, AT_FDCWD, 'missing/name'),
    ),
  ];
}
