import { closeSync, constants, fstatSync } from 'node:fs';
import { systemCode } from '../../../common/errors.js';
import { newerFormat, newerSegment } from '../../../common/newer-format.js';
import { type Keyring, system } from '../../../native/index.js';
import { JournalFolder } from './folder.js';
import { laterSegment, readBytes } from './scan.js';
import { headBytes, laterVersion, version } from './segment-head.js';

/** Before anything is changed: no segment is of a later program. @throws SherinError FORMAT_NEWER, DISK_READ */
export function requireKnownJournal(vaultFd: number, keyring: Keyring): void {
  if (!isThere(vaultFd)) return;
  const folder = new JournalFolder(vaultFd);
  for (const number of folder.numbers) {
    const fd = folder.open(number);
    if (fd === null) continue;
    try {
      const found = laterSegment(fd, number, keyring);
      if (found !== null) throw newerFormat(folder.shown(number), found, version, newerSegment);
    } finally {
      closeSync(fd);
    }
  }
}

/** Version that the head of a segment says, where that is a later one; without keys. @throws SherinError DISK_READ */
export function saidVersion(folder: JournalFolder, number: number): number | null {
  const fd = folder.open(number);
  if (fd === null) return null;
  try {
    const start = fstatSync(fd).isFile() ? readBytes(fd, 0, headBytes) : null;
    return start === null ? null : laterVersion(start);
  } finally {
    closeSync(fd);
  }
}

function isThere(vaultFd: number): boolean {
  try {
    const folder = Buffer.from('journal');
    closeSync(system.openBeneath(vaultFd, folder, constants.O_RDONLY | constants.O_DIRECTORY, 0));
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
