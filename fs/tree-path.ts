import { SherinError } from '../common/errors.js';
import { bytesToText, nameFault, textToBytes } from '../common/names.js';

/**
 * Splits a path into names; empty parts and `.` are dropped.
 * @throws SherinError NAME_INVALID for `..`, a name over 255 bytes, or a zero byte
 */
export function splitPath(path: string): readonly Buffer[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.map((part) => {
    const name = textToBytes(part);
    const fault = nameFault(name);
    if (fault === null) return name;
    throw new SherinError('NAME_INVALID', { path: JSON.stringify(part.slice(0, 64)), part: fault });
  });
}

/** Names below the tree's root of a path as people write it: `files/a/b`, `/files/a/b` and `a/b` are the same. */
export function treePath(path: string): readonly Buffer[] {
  const parts = splitPath(path);
  return parts[0]?.toString('latin1') === 'files' ? parts.slice(1) : parts;
}

/** As {@link pathText}, of names below the root. */
export function namesText(names: readonly Buffer[]): string {
  return `files/${names.map((name) => bytesToText(name)).join('/')}`;
}

/** The path of something below the tree's root, as people read it: `files/a/b`. */
export function pathText(below: Uint8Array): string {
  return `files/${bytesToText(below)}`;
}
