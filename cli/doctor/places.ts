/** Directories and files that hold secrets or are trusted: theirs alone, and on a disk that suits. */
import { lstatSync, type Stats, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Places } from '../../common/environment.js';
import { shellWord } from '../../common/shell-word.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** Magic numbers of statfs(2) for file systems that do not keep what a vault needs. */
const remote = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9P'],
]);
const syncFolder = /\/(Dropbox|Nextcloud|OneDrive|Google Drive|Syncthing|Sync)(\/|$)/;

export function privatePlaces(where: Places): Finding[] {
  return [
    vaultPlace(where.vault),
    owned('runtime dir', where.runtime, 0o022, 'it is made by: sherinctl up'),
    owned('known vaults', where.knownVaults, 0o077, 'it is made by: sherinctl init'),
    owned('TPM state', where.tpmState, 0o077, 'it is made where a software TPM is used'),
  ];
}

function vaultPlace(path: string): Finding {
  const base = owned('vault', path, 0o077, 'make one with: sherinctl init');
  if (base.level !== 'ok' || present(path) === undefined) return base;
  const type = remote.get(statfsSync(path).type);
  if (type !== undefined) return warn('vault', `${path} is on ${type}`, 'keep the vault on a local disk');
  if (syncFolder.test(path))
    return warn('vault', `${path} is in a folder that is synchronized`, 'keep the vault out of it');
  return base;
}

/** `wide`: mode bits that must not be set. */
function owned(subject: string, path: string, wide: number, absent: string): Finding {
  const stat = present(path);
  if (stat === undefined) return ok(subject, `${path} is not there; ${absent}`);
  const me = process.getuid?.() ?? 0;
  if (stat.uid !== me) {
    return fail(
      subject,
      `${path} belongs to uid ${stat.uid}, not ${me}`,
      `run as that user, or: chown -R ${me} ${shellWord(path)}`,
    );
  }
  const mode = stat.mode & 0o777;
  if ((mode & wide) !== 0) {
    const narrow = (mode & ~wide).toString(8);
    return fail(
      subject,
      `${path} is open to others (${mode.toString(8)})`,
      `chmod ${narrow} ${shellWord(path)}`,
    );
  }
  const above = present(dirname(path));
  if (above !== undefined && (above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0) {
    return warn(
      subject,
      `others may write to ${dirname(path)} and replace ${path}`,
      `chmod go-w ${shellWord(dirname(path))}`,
    );
  }
  return ok(subject, path);
}

function present(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
