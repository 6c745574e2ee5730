/** What an init leaves that was killed: no vault yet, and nothing that anybody has put there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './errors.js';

/** Is in the directory from the first step on until the header is. */
export const initMark = 'init.tmp';

/** What init makes before the header. */
const made =
  /^(init\.tmp|cubes|audit|quarantine|event-logs|manifest\.db(-wal|-shm|-journal)?|vault\.json\.tmp)$/;

/** True for what the next init may clear away: it has the mark, no header, and no cube. @throws errno of the file system */
export function isUnfinished(directory: string): boolean {
  const names = readdirSync(directory);
  if (!names.includes(initMark) || !names.every((name) => made.test(name))) return false;
  return namesIn(join(directory, 'cubes')).every((name) => name === 'tmp');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
