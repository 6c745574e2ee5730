/** Questions for a one-way analysis of variance: groups in a line each, in brackets, or a table of group and value. */
import { Failure } from '../failure.js';
import { roundExact } from '../formula/rounding.js';
import type { Question } from '../reading/question.js';
import type { Result } from '../result.js';
import { anova } from './anova.js';
import { columnOf } from './column.js';
import { columnNamed, listOf, listsOf, tableOf } from './data.js';

const question =
  /^(?:the )?(?:f(?:[- ](?:statistic|value|test))? (?:of|for|from) )?(?:the |a )?(?:one[- ]way |single[- ]factor )?(?:anova|analysis of variance)(?: of ([\p{L}\w]+) by ([\p{L}\w]+))?(?: (?:of|for|on))?(?: the)?(?: groups?| data)? ?:? ?(.*)$/iu;

export function readAnova({ lines, digits }: Question): Result | undefined {
  const [head = '', ...rows] = lines;
  const [whole, response, factor, data = ''] = question.exec(head) ?? [];
  if (whole === undefined) return undefined;
  const words =
    response !== undefined && factor !== undefined ? byName(rows, response, factor) : groupsOf(data, rows);
  if (words === undefined) return undefined;
  // One scale for all groups.
  const { units, scale } = columnOf(words.flat());
  const groups = words.map(({ length }, index) => {
    const start = words.slice(0, index).reduce((count, group) => count + group.length, 0);
    return { units: units.slice(start, start + length), scale };
  });
  const table = anova(groups);
  const figure = (value: Parameters<typeof roundExact>[0]) => roundExact(value, digits).text;
  return {
    value: `F = ${figure(table.f)}`,
    computed: `one-way analysis of variance, ${groups.length} groups, ${words.flat().length} observations`,
    notes: [
      `between groups: ${table.betweenFreedom} degrees of freedom, sum of squares ${figure(table.betweenSumOfSquares)}, mean square ${figure(table.betweenMeanSquare)}`,
      `within groups: ${table.withinFreedom} degrees of freedom, sum of squares ${figure(table.withinSumOfSquares)}, mean square ${figure(table.withinMeanSquare)}`,
      'computed exactly, then rounded',
    ],
  };
}

function byName(rows: readonly string[], response: string, factor: string): readonly (readonly string[])[] {
  const table = tableOf(rows);
  if (table === undefined) throw new Failure('not-understood');
  const values = columnNamed(table, response);
  const groups = new Map<string, string[]>();
  columnNamed(table, factor).forEach((name, index) => {
    const group = groups.get(name) ?? [];
    group.push(values[index] ?? '');
    groups.set(name, group);
  });
  return [...groups.values()];
}

function groupsOf(data: string, rows: readonly string[]): readonly (readonly string[])[] | undefined {
  if (rows.length === 0) return listsOf(data);
  const groups = [data, ...rows]
    .filter((line) => line !== '')
    .map((line) => listOf(line.replace(/^[\p{L}][\p{L}\d _-]{0,30}[:=] ?/u, '')));
  return groups.every((group) => group !== undefined) ? groups : undefined;
}
