/** Secrets of a request: from descriptors straight into locked memory. */
import { fstatSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { Secret, system } from '../../native/index.js';
import type { Call } from './server.js';

/** Longest PIN, passphrase or recovery key that is read from a descriptor, bytes. */
const secretLimit = 1024;

/**
 * Null when none came. Only sealed memory files are looked at: a pipe, a terminal or a file of the vault's own mount would
 * hold up everything that this process serves. @throws SherinError USAGE
 */
export function takeSecret({ fds }: Pick<Call, 'fds'>): Secret | null {
  const [fd] = fds;
  return fd === undefined ? null : read(fd);
}

function read(fd: number): Secret {
  if (!system.isSealed(fd)) {
    throw new SherinError('USAGE', { what: 'a PIN or recovery key is taken from a sealed memory file only' });
  }
  if (fstatSync(fd).size > secretLimit) {
    throw new SherinError('USAGE', { what: `a PIN or recovery key has at most ${secretLimit} bytes` });
  }
  return Secret.readFd(fd, secretLimit);
}

/** A secret that begins to count now: long enough, and the same again where it was typed twice. @throws SherinError USAGE */
export function takeNewSecret({ fds }: Pick<Call, 'fds'>, what: string, least: number): Secret | null {
  const secret = takeSecret({ fds });
  if (secret === null) return null;
  try {
    if (secret.length < least)
      throw new SherinError('USAGE', { what: `a ${what} has at least ${least} characters` });
    requireSame(secret, fds[1], what);
    return secret;
  } catch (error) {
    secret.wipe();
    throw error;
  }
}

function requireSame(secret: Secret, fd: number | undefined, what: string): void {
  if (fd === undefined) return;
  const again = read(fd);
  const same = Secret.equal(secret, again);
  again.wipe();
  if (!same) throw new SherinError('USAGE', { what: `the two ${what}s differ` });
}
