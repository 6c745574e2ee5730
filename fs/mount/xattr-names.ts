import { sherinPrefix } from '../../common/sherin-xattrs.js';
import { PosixError } from './posix-error.js';

/** Attribute names that no file of the mount has or takes: ACLs and what only the system may set. */
export function refuseForeign(name: string): void {
  if (name.startsWith('trusted.') || name.startsWith('system.posix_acl_')) throw new PosixError('EOPNOTSUPP');
}

/** Names as listxattr(2) gives them: each ends with a zero byte; `user.sherin.*` stays hidden. */
export function listedNames(names: readonly Buffer[]): Buffer {
  const end = Buffer.from([0]);
  const shown = names.filter((name) => !name.toString('latin1').startsWith(sherinPrefix));
  return Buffer.concat(shown.flatMap((name) => [name, end]));
}
