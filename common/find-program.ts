import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SherinError } from './errors.js';

/** Where programs for administrators stand, which a user's PATH may leave out. */
const folders = ['/usr/local/bin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** Path of a program in PATH or one of the usual folders. */
export function findProgram(name: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** As {@link findProgram}. @throws SherinError TOOL_MISSING, naming the Debian package it is in */
export function requireProgram(tool: string, debian: string): string {
  const path = findProgram(tool);
  if (path === undefined) throw new SherinError('TOOL_MISSING', { tool, package: debian });
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
