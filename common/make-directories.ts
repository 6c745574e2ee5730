/** A directory and those above it, made where they are missing. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from './errors.js';

/**
 * Not with Node's `recursive`, which takes each ENOENT for a missing parent: where the parent is there and takes no names, as in
 * /proc or in a directory that was removed while it is open, it goes round for ever. Here each path is tried twice at most.
 * @param path bytes where its names may not be UTF-8
 * @returns those that it made, uppermost first
 * @throws errno ENOENT, EACCES…; EEXIST or ENOTDIR where something else stands in the place of one
 */
export function makeDirectories(path: string | Buffer, mode: number): readonly Buffer[] {
  // A character for each byte: no name changes on the way to that of its parent.
  const text = (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1');
  const made: Buffer[] = [];
  const missing: string[] = [];
  const make = (at: string): void => {
    const bytes = Buffer.from(at, 'latin1');
    if (makeOne(bytes, mode)) made.push(bytes);
  };
  for (let at = text; ; at = dirname(at)) {
    try {
      make(at);
      break;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || at === dirname(at)) throw error;
      missing.push(at);
    }
  }
  for (const at of missing.reverse()) make(at);
  return made;
}

/** @returns false for a directory that is there */
function makeOne(path: Buffer, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    // Whatever the reason is, EROFS too: nothing is wanted of one that is there.
    if (systemCode(error) !== 'ENOENT' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      return false;
    throw error;
  }
}
