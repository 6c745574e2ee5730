/** What gcov says of the lines of a C program, in its JSON form (gcov(1)). */
import type { FileLines } from './report.js';
import { field, isNumber, isText, listOf } from './verdict.js';

const folder = '/task/';

/** Lines of the program's files, over all runs of its tests. */
export class ProgramLines {
  readonly all = new Map<string, FileLines & { readonly code: Set<number>; readonly run: Set<number> }>();
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** @param said what a test has left on the channel; gcov's are the lines that are JSON */
  add(said: string): void {
    for (const file of said.split('\n').flatMap(filesOf)) {
      const path = field(file, 'file');
      const name = isText(path) && path.startsWith(folder) ? path.slice(folder.length) : '';
      if (this.#names.has(name)) this.#addFile(name, listOf(file, 'lines', isLine));
    }
  }

  #addFile(name: string, lines: readonly CountedLine[]): void {
    const known = this.all.get(name) ?? { code: new Set(), run: new Set() };
    for (const { line_number, count } of lines) {
      known.code.add(line_number);
      if (count > 0) known.run.add(line_number);
    }
    this.all.set(name, known);
  }
}

function filesOf(line: string): unknown[] {
  try {
    return listOf(JSON.parse(line), 'files', (file): file is unknown => file !== null);
  } catch {
    return [];
  }
}

interface CountedLine {
  readonly line_number: number;
  readonly count: number;
}

function isLine(value: unknown): value is CountedLine {
  return isNumber(field(value, 'line_number')) && isNumber(field(value, 'count'));
}
