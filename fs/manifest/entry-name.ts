/** The rules of a directory entry's name (FORMAT.md, "Manifest log"). */
import { SherinError } from '../../common/errors.js';
import { bytesToText } from '../../common/names.js';

const slash = 0x2f;
const dot = 0x2e;

/** Why these bytes are no name; null when they are one. */
export function nameFault(name: Uint8Array): string | null {
  if (name.length === 0) return 'it is empty';
  if (name.length > 255) return `it has ${name.length} bytes, more than 255`;
  if (name.includes(0)) return 'it holds a zero byte';
  if (name.includes(slash)) return 'it holds a slash';
  if (name[0] === dot && (name.length === 1 || (name.length === 2 && name[1] === dot))) {
    return 'it is reserved';
  }
  return null;
}

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
