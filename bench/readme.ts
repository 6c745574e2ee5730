/** The figures in README.md: the table of one kept run, between two marks that name it. */

const marks = /<!-- figures(?:: (\S+))? -->\n.*?<!-- \/figures -->/s;

/** README.md with the figures of the run kept in `file` (a path in the project). */
export function withFigures(readme: string, file: string, figures: string): string {
  return readme.replace(marks, () => `<!-- figures: ${file} -->\n${figures}<!-- /figures -->`);
}

/** Path of the run whose figures README.md shows. */
export function figuresFile(readme: string): string | undefined {
  return marks.exec(readme)?.[1];
}
