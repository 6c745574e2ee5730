import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { makeDirectories } from '../../common/make-directories.js';

/**
 * The directory in which sherind keeps what outlives it, for one vault; made where it is missing.
 * @param above of all vaults, see `Places.daemonState`
 * @throws SherinError DAEMON_DATABASE when it can't be made, is another user's, or open to others
 */
export function stateDirectory(above: string, vault: string): string {
  const path = join(above, vault);
  const refused = (part: string) => new SherinError('DAEMON_DATABASE', { path, part });
  try {
    makeDirectories(path, 0o700);
  } catch (error) {
    throw refused(systemCode(error) ?? 'its directory can not be made');
  }
  const facts = lstatSync(path);
  if (!facts.isDirectory()) throw refused('its directory is none');
  if (facts.uid !== process.getuid?.()) throw refused(`its directory belongs to uid ${facts.uid}`);
  if ((facts.mode & 0o077) !== 0) throw refused('its directory is open to others');
  return path;
}
