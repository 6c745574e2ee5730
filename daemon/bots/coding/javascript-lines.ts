/** Lines of a JavaScript file: which hold code, and which have run by what V8 counts (Profiler.takePreciseCoverage). */
import type { FileLines } from './report.js';

/** Part of a file, in UTF-16 units, and how often it has run. A later one lies within earlier ones and is the more exact. */
export type CountedRange = readonly [start: number, end: number, count: number];

/** Ranges of one file that are looked at. */
const rangesLimit = 50_000;

export function linesOf(text: string, ranges: readonly CountedRange[]): FileLines {
  const ran = new Uint8Array(text.length);
  for (const [start, end, count] of ranges.slice(0, rangesLimit)) ran.fill(count > 0 ? 1 : 0, start, end);
  const code = new Set<number>();
  const run = new Set<number>();
  let at = 0;
  withoutComments(text)
    .split('\n')
    .forEach((line, index) => {
      // A line of nothing but brackets runs with those around it.
      const first = line.search(/[\w$'"`]/);
      if (first >= 0) {
        code.add(index + 1);
        if (ran.subarray(at + first, at + line.trimEnd().length).includes(1)) run.add(index + 1);
      }
      at += line.length + 1;
    });
  return { code, run };
}

/** Comments become spaces, so that places stay; strings are kept as they are, and what seems to be a comment in them, too. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  const opening = /["'`]|\/[/*]/g;
  let done = 0;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const [open] = found;
    const end = endOf(text, open, found.index + open.length);
    if (open.startsWith('/')) {
      kept.push(text.slice(done, found.index), text.slice(found.index, end).replace(/[^\n]/g, ' '));
      done = end;
    }
    // Each character is looked at once, whatever is in it.
    opening.lastIndex = end;
  }
  return kept.join('') + text.slice(done);
}

const strings = {
  '"': /(?:\\.|[^"\\\n])*"?/y,
  "'": /(?:\\.|[^'\\\n])*'?/y,
  '`': /(?:\\[\s\S]|[^`\\])*`?/y,
} as const;

/** Where a comment or string ends whose content begins at `start`. */
function endOf(text: string, open: string, start: number): number {
  if (open === '"' || open === "'" || open === '`') return stickyEnd(strings[open], text, start);
  const mark = open === '//' ? '\n' : '*/';
  const end = text.indexOf(mark, start);
  if (end < 0) return text.length;
  return open === '//' ? end : end + mark.length;
}

function stickyEnd(form: RegExp, text: string, start: number): number {
  form.lastIndex = start;
  form.exec(text);
  return Math.max(form.lastIndex, start);
}
