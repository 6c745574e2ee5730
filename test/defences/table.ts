/** The table of attacks in SECURITY.md, as data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';

export interface Row {
  readonly attack: string;
  /** What the last column cites. */
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

export function attackTable(): Row[] {
  const lines = readFileSync(join(projectRoot, 'SECURITY.md'), 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.startsWith('| attack |')) + 2;
  const end = lines.indexOf('', begin);
  return lines.slice(begin, end).map((line) => {
    const [attack = '', , shown = ''] = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    return { attack, tests: citations(shown) };
  });
}

function citations(cell: string): { file: string; title: string }[] {
  const tests: { file: string; title: string }[] = [];
  let file = '';
  for (const [, link, title] of cell.matchAll(/\]\(([^)]+\.ts)\)|“([^”]+)”/g)) {
    if (link !== undefined) file = link;
    if (title !== undefined) tests.push({ file, title });
  }
  return tests;
}
