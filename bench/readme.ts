/** The figures in README.md: tables of one kept run, between two marks that name it. */
import { markdown, type Report } from './report.js';

const marks = /<!-- figures(?:: (\S+))? -->\n.*?<!-- \/figures -->/s;

/** What a reader of README.md wants to know first; the rest is in the kept run. */
const headlines = ['R1', 'R2', 'R3', 'R4', 'R5', 'W1', 'W2', 'K1', 'D1', 'D2', 'D3', 'M1'];

/** README.md with the figures of the run kept in `file` (a path in the project). */
export function withFigures(readme: string, file: string, run: Report): string {
  const rows = run.rows.filter(({ id }) => headlines.includes(id));
  const text = `${markdown({ ...run, rows })}\nAll of them: [${file}](${file}).\n`;
  return readme.replace(marks, () => `<!-- figures: ${file} -->\n${text}<!-- /figures -->`);
}

/** Path of the run whose figures README.md shows. */
export function figuresFile(readme: string): string | undefined {
  return marks.exec(readme)?.[1];
}
