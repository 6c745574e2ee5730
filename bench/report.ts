/** Rows as a Markdown table and as JSON. */
import { cpus } from 'node:os';
import { median, type Row } from './measure.js';

const subject = 'sherin';

/** A table: each candidate's median, and in brackets how Sherin stands to it (above 1: Sherin is better). */
export function markdown(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => [...row.samples.keys()]))];
  const lines = [
    ['', 'work', 'store', ...names],
    ['---', '---', '---', ...names.map(() => '---:')],
    ...rows.map((row) => [
      row.id,
      `${row.work}, ${row.unit}`,
      row.place,
      ...names.map((name) => cell(row, name)),
    ]),
  ];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function cell(row: Row, name: string): string {
  const values = row.samples.get(name);
  if (values === undefined) return '';
  const own = median(row.samples.get(subject) ?? []);
  const value = median(values);
  const ratio = row.better === 'more' ? own / value : value / own;
  const compared = name === subject || Number.isNaN(ratio) || name.startsWith(`${subject},`);
  return compared ? short(value) : `${short(value)} (${ratio.toFixed(2)}×)`;
}

/** Three digits that count. */
function short(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function json(rows: readonly Row[], rounds: number): string {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, node: process.version };
  const plain = rows.map(({ samples, ...row }) => ({
    ...row,
    median: Object.fromEntries([...samples].map(([name, values]) => [name, median(values)])),
    samples: Object.fromEntries(samples),
  }));
  return `${JSON.stringify({ date: new Date().toISOString(), machine, rounds, rows: plain }, null, 2)}\n`;
}
