/** A result: what became of each test, and how much of the program they have run (docs/bots.md, coding). */
import type { Language } from './request.js';

export type Outcome =
  | 'passed'
  /** An assertion did not hold. */
  | 'failed'
  /** Anything else of the program or its tests: an exception, no compilation, an end before the test was through. */
  | 'error'
  | 'skipped'
  /** It took more than its seconds. */
  | 'timeout'
  /** A signal ended it. */
  | 'crashed'
  /** All its processes together took more memory than they may. */
  | 'memory';

export interface Detail {
  /** A test by its name; what concerns a whole file has the file's. */
  readonly test: string;
  readonly outcome: Outcome;
  readonly message: string;
}

/** By line numbers: those with code, and of them those that ran. */
export interface FileLines {
  readonly code: ReadonlySet<number>;
  readonly run: ReadonlySet<number>;
}

export interface Findings {
  readonly details: readonly Detail[];
  /** Of the program's files; none where nothing could be measured. */
  readonly lines: ReadonlyMap<string, FileLines>;
}

/** Characters of a message, and details of a report. */
const longestMessage = 500;
export const detailsLimit = 500;

export function reportOf(language: Language, { details, lines }: Findings): string {
  const passed = details.length > 0 && details.every(({ outcome }) => outcome === 'passed');
  const shown = details.slice(0, detailsLimit).map(({ test, outcome, message }) => ({
    test: test.slice(0, longestMessage),
    outcome,
    message: message.slice(0, longestMessage),
  }));
  return `${JSON.stringify({ language, passed, details: shown, coverage: coverageOf(lines) }, null, 2)}\n`;
}

function coverageOf(lines: ReadonlyMap<string, FileLines>): object | null {
  const files = [...lines]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { code, run }]) => ({
      name,
      lines: code.size,
      covered: [...code].filter((line) => run.has(line)).length,
    }));
  const total = (field: 'lines' | 'covered') => files.reduce((sum, file) => sum + file[field], 0);
  if (total('lines') === 0) return null;
  // Rounded down: 100 is all of it.
  const percent = Math.floor((total('covered') * 1_000) / total('lines')) / 10;
  return { lines: total('lines'), covered: total('covered'), percent, files };
}
