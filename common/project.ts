/** Where the project is, for code that runs from its source, from dist/ or from within one of the programs there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest folder upwards that holds package.json. */
export const projectRoot: string = find(dirname(fileURLToPath(import.meta.url)));

function find(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`no folder above ${from} holds package.json`);
  }
}
