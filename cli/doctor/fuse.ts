/** What mounting needs. */
import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../common/find-program.js';
import { type Finding, fail, ok, warn } from './finding.js';
import { readOrEmpty } from './machine.js';

/** Where Debian and others keep libfuse.so.2. */
const libraryDirs = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];
const multiarch = ['', 'x86_64-linux-gnu', 'aarch64-linux-gnu', 'arm-linux-gnueabihf', 'i386-linux-gnu'];

export function fuseDevice(): Finding {
  if (!existsSync('/dev/fuse'))
    return fail('/dev/fuse', 'missing', 'modprobe fuse; in a container, pass --device /dev/fuse');
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return ok('/dev/fuse', 'usable');
  } catch {
    return fail(
      '/dev/fuse',
      'this user may not use it',
      'chmod 0666 /dev/fuse, or join the group that owns it',
    );
  }
}

export function fusermount(): Finding {
  const path = findProgram('fusermount') ?? findProgram('fusermount3');
  if (path !== undefined && !hasName()) {
    return fail(
      'fusermount',
      `it refuses uid ${process.getuid?.()}, which has no name`,
      'add the user to /etc/passwd',
    );
  }
  if (path !== undefined) return ok('fusermount', path);
  return fail('fusermount', 'missing', 'apt-get install fuse3');
}

function hasName(): boolean {
  try {
    return process.getuid?.() === 0 || userInfo().username !== '';
  } catch {
    return false;
  }
}

export function fuseLibrary(): Finding {
  const path = libraryDirs
    .flatMap((dir) => multiarch.map((name) => join(dir, name, 'libfuse.so.2')))
    .find((candidate) => existsSync(candidate));
  if (path !== undefined) return ok('libfuse2', path);
  return fail('libfuse2', 'libfuse.so.2 is missing', 'apt-get install libfuse2');
}

export function fuseConf(): Finding {
  if (/^\s*user_allow_other\b/m.test(readOrEmpty('/etc/fuse.conf')))
    return ok('fuse.conf', 'user_allow_other is set');
  if (process.getuid?.() === 0) return ok('fuse.conf', 'user_allow_other is not set; root needs none');
  return warn(
    'fuse.conf',
    '--allow-other is for root only',
    'if others shall see the mount: add the line user_allow_other to /etc/fuse.conf',
  );
}
