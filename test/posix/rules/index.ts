/** Every operation, in the order of the document. */
import type { Operation } from '../rule.js';
import { access } from './access.js';
import { chmod } from './chmod.js';
import { chown } from './chown.js';
import { copyFileRange } from './copy-range.js';
import { create } from './create.js';
import { execute } from './execute.js';
import { fallocate } from './fallocate.js';
import { large } from './large.js';
import { link } from './link.js';
import { fcntl, flock } from './locks.js';
import { mkdir } from './mkdir.js';
import { mknod } from './mknod.js';
import { mmap } from './mmap.js';
import { nameBytes } from './names.js';
import { open } from './open.js';
import { pwrite } from './pwrite.js';
import { read } from './read.js';
import { readdir } from './readdir.js';
import { rename } from './rename.js';
import { renameat2 } from './renameat2.js';
import { rmdir } from './rmdir.js';
import { lseek } from './seek.js';
import { stat } from './stat.js';
import { statvfs } from './statvfs.js';
import { sticky } from './sticky.js';
import { readlink, symlink } from './symlink.js';
import { sync } from './sync.js';
import { truncate } from './truncate.js';
import { openUnlinked, unlink } from './unlink.js';
import { utimensat } from './utimensat.js';
import { write } from './write.js';
import { xattr } from './xattr.js';

export const operations: readonly Operation[] = [
  open,
  create,
  read,
  write,
  pwrite,
  truncate,
  rename,
  renameat2,
  unlink,
  openUnlinked,
  mkdir,
  rmdir,
  mknod,
  link,
  symlink,
  readlink,
  chmod,
  chown,
  utimensat,
  stat,
  statvfs,
  access,
  xattr,
  fallocate,
  lseek,
  copyFileRange,
  sync,
  flock,
  fcntl,
  mmap,
  readdir,
  sticky,
  nameBytes,
  large,
  execute,
];
