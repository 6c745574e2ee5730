import Table from 'cli-table3';
import { escapeForTerminal } from './escape.js';
import type { Output } from './output.js';

/** Prints a table without borders; cells are escaped always. */
export function printTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const table = new Table({
    head: [...head],
    chars: { ...noBorders, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(escapeForTerminal));
  for (const line of table.toString().split('\n')) output.line(line.trimEnd());
}

const noBorders = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle']
    .flatMap((side) => [side, `${side}-left`, `${side}-right`, `${side}-mid`])
    .map((side) => [side, '']),
);
