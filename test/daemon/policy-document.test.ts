/** The tables of docs/policy.md are those of the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accessOperations } from '../../common/access/rules.js';
import { gates, shippedFloor } from '../../common/policy-floor.js';
import {
  type ActionTraits,
  actionTypes,
  decisions,
  levels,
  modes,
  risks,
} from '../../common/policy-scales.js';
import { type Dimension, dimensions } from '../../daemon/emotion/dimensions.js';
import { type Input, inputs } from '../../daemon/emotion/inputs.js';
import { firstState } from '../../daemon/policy/state.js';

const document = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  return [head, head.map(() => '---'), ...rest].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function scales(): string {
  const rows = levels.map((level, at) => [String(at + 1), level, risks[at] ?? '']);
  return table([['', 'level', 'risk'], ...rows.reverse()]);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function actions(): string {
  const tick = (on: boolean) => (on ? '✓' : '');
  const rows = Object.entries<ActionTraits>(actionTypes).map(([name, { modifies, felt, doc }]) => [
    ...[`\`${name}\``, doc, tick(modifies), tick(felt)],
  ]);
  return table([['action', '', 'modifies', 'thresholds'], ...rows]);
}

function inputTable(): string {
  const rows = Object.entries<Input>(inputs).map(([name, { read, unit, doc }]) => [
    ...[`\`${name}\``, doc, readAs(read, unit)],
  ]);
  return table([['input', 'measured', 'from 0 to 1 as'], ...rows]);
}

function readAs(read: Input['read'], unit: number): string {
  if (read === 'ratio') return `hits ÷ (all + ${unit})`;
  return unit === 1 ? read : `${read} ÷ ${unit}, at most 1`;
}

function dimensionTable(): string {
  const rows = Object.entries<Dimension & { readonly doc: string }>(dimensions).map(([name, dimension]) => [
    ...[`\`${name}\``, formula(dimension), duration(dimension.windowSeconds), dimension.doc],
  ]);
  return table([['dimension', 'initial value and formula', 'window', ''], ...rows]);
}

function formula({ initial, weights }: Dimension): string {
  const terms = Object.entries(weights as Record<string, number>).map(
    ([name, weight]) => `${weight < 0 ? '−' : '+'} ${Math.abs(weight)} ${name}`,
  );
  return [initial, ...terms].join(' ');
}

function duration(seconds: number): string {
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

test.each([
  ['scales', scales()],
  ['actions', actions()],
  ['inputs', inputTable()],
  ['dimensions', dimensionTable()],
])('the table of %s', (_, text) => expect(document).toContain(text));

test('thresholds and floor', () => {
  const list = gates.map((gate) => `${gate} ${shippedFloor[gate]}`).join(', ');
  expect(document).toContain(list);
  expect(firstState.thresholds).toEqual(shippedFloor);
});

test.each([
  ['modes', modes],
  ['decisions', decisions],
  ['operations of access rules', accessOperations],
])('%s', (_, names) => expect(document).toContain(listed(names)));
