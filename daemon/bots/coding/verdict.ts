/** From a run in a cell to what is said of a test. */
import type { CellEnd, CellRun } from './cell.js';
import type { Detail, Outcome } from './report.js';

/** What a runner says of tests; others can't be said by it. */
const said = ['passed', 'failed', 'error', 'skipped'] as const satisfies readonly Outcome[];

export interface Verdict {
  readonly outcome: (typeof said)[number];
  readonly message: string;
}

export function verdictOf(report: unknown): Verdict | null {
  const outcome = said.find((name) => name === field(report, 'outcome'));
  return outcome === undefined ? null : { outcome, message: textOf(report, 'message') };
}

/** Of a test that was run alone. Only who was seen to be through with it can have passed. */
export function detailOf(test: string, { end, reports }: CellRun): Detail {
  const verdict = reports.map(verdictOf).findLast((found) => found !== null);
  if (end.kind !== 'exit' || verdict === undefined) return { test, ...unfinished(end) };
  return { test, ...(verdict ?? unfinished(end)) };
}

/** What is to be said of a test during which the process ended. */
export function unfinished(end: CellEnd): { readonly outcome: Outcome; readonly message: string } {
  switch (end.kind) {
    case 'timeout':
      return { outcome: 'timeout', message: 'it took more time than it has' };
    case 'late':
      return { outcome: 'timeout', message: 'no time was left for it' };
    case 'memory':
      return { outcome: 'memory', message: 'its processes took more memory than they may' };
    case 'signal':
      return { outcome: 'crashed', message: `ended by ${end.signal}` };
    case 'exit':
      return { outcome: 'error', message: `the program ended before the test did, with code ${end.code}` };
  }
}

export function field(report: unknown, name: string): unknown {
  return typeof report === 'object' && report !== null
    ? (report as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

export function textOf(report: unknown, name: string): string {
  const value = field(report, name);
  return typeof value === 'string' ? value : '';
}

export function listOf<T>(report: unknown, name: string, type: (value: unknown) => value is T): T[] {
  const value = field(report, name);
  return Array.isArray(value) ? value.filter(type) : [];
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
