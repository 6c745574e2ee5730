/** A run as Markdown and as JSON. */
import { cpus, release } from 'node:os';
import { median, type Row } from './measure.js';

const subject = 'sherin';

/** One run of the benchmarks, as it is kept in bench/results/. */
export interface Report {
  /** RFC 3339. */
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cpus: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly rounds: number;
  /** The mount driver asked for; without one it was the default. */
  readonly driver?: string;
  readonly rows: readonly Row[];
}

/**
 * Tables, one for each set of candidates: everyone's median, and in brackets how Sherin stands to it (above 1: Sherin is
 * better).
 */
export function markdown({ date, machine, rounds, driver, rows }: Report): string {
  const sets = new Map<string, Row[]>();
  for (const row of rows) {
    const set = candidates([row]).join();
    sets.set(set, [...(sets.get(set) ?? []), row]);
  }
  const where = `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, Node ${machine.node}${driver === undefined ? '' : `, driver ${driver}`}`;
  return [`Medians of ${rounds}, ${date.slice(0, 10)}, ${where}.\n`, ...[...sets.values()].map(table)].join(
    '\n',
  );
}

function candidates(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((row) => [...row.samples.keys()]))];
}

function table(rows: readonly Row[]): string {
  const names = candidates(rows);
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

export function report(rows: readonly Row[], rounds: number, driver: string | undefined): Report {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    kernel: release(),
    node: process.versions.node,
  };
  const facts = { date: new Date().toISOString(), machine, rounds };
  return driver === undefined ? { ...facts, rows } : { ...facts, driver, rows };
}

export function toJson({ rows, ...facts }: Report): string {
  const plain = rows.map(({ samples, ...row }) => ({ ...row, samples: Object.fromEntries(samples) }));
  return `${JSON.stringify({ ...facts, rows: plain }, null, 2)}\n`;
}

/** What {@link toJson} wrote. */
export function fromJson(text: string): Report {
  const { rows, ...facts } = JSON.parse(text) as Omit<Report, 'rows'> & {
    rows: readonly (Omit<Row, 'samples'> & { samples: Record<string, number[]> })[];
  };
  return { ...facts, rows: rows.map((row) => ({ ...row, samples: new Map(Object.entries(row.samples)) })) };
}
