/** Secrets that come with a request, as descriptors. */
import { fstatSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { Secret, system } from '../../native/index.js';
import type { Call } from './server.js';

/** Longest PIN or recovery key that is read from a descriptor, bytes. */
const secretLimit = 1024;

/**
 * Reads the secret of a request straight into locked memory; null when none came. Only sealed memory files are
 * looked at: a pipe, a terminal or a file of the vault's own mount would hold up everything that this process serves.
 * @throws SherinError USAGE
 */
export function takeSecret({ fds }: Call): Secret | null {
  const [fd] = fds;
  if (fd === undefined) return null;
  if (!system.isSealed(fd)) {
    throw new SherinError('USAGE', { what: 'a PIN or recovery key is taken from a sealed memory file only' });
  }
  if (fstatSync(fd).size > secretLimit) {
    throw new SherinError('USAGE', { what: `a PIN or recovery key has at most ${secretLimit} bytes` });
  }
  return Secret.readFd(fd, secretLimit);
}
