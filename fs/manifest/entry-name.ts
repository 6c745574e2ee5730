/** The rules of a directory entry's name (FORMAT.md, "Manifest log"). */
import { SherinError } from '../../common/errors.js';
import { bytesToText, nameFault } from '../../common/names.js';

/** @throws SherinError NAME_INVALID */
export function checkName(name: Uint8Array): void {
  const part = nameFault(name);
  if (part !== null) throw new SherinError('NAME_INVALID', { path: bytesToText(name), part });
}

/** A name as a map key: one character a byte, so that comparing keys compares bytes. */
export function nameKey(name: Buffer): string {
  return name.toString('latin1');
}

export function keyName(key: string): Buffer {
  return Buffer.from(key, 'latin1');
}
