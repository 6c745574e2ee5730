/** The suite as a page: every rule with its source, and whether each driver keeps it. */
import type { Place } from './limit.js';
import { fuseNativePlace, limitOf, nativePlace } from './places.js';
import type { Operation, Rule } from './rule.js';
import { operations } from './rules/index.js';

const places = [nativePlace, fuseNativePlace] as const;

interface Entry {
  readonly operation: Operation;
  readonly rule: Rule;
}

const entries: readonly Entry[] = operations.flatMap((operation) =>
  operation.rules.map((rule) => ({ operation, rule })),
);

/** How often rules are asserted on one mount: once as each user. */
function assertions(rules: readonly Rule[]): number {
  return rules.reduce((sum, { who }) => sum + (who === 'both' ? 2 : 1), 0);
}

function kept(place: Place): readonly Entry[] {
  return entries.filter(({ operation, rule }) => limitOf(place, operation, rule) === undefined);
}

export function posixDocument(): string {
  return [
    ...head(),
    ...summary(),
    ...notKept(),
    ...operations.flatMap((operation) => ['', ...section(operation)]),
    '',
  ].join('\n');
}

function head(): string[] {
  return [
    '# What the mount does of POSIX',
    '',
    'Every rule below is an assertion of [test/posix](../test/posix/suite.ts), which runs on a mount of each driver, as root and as an',
    'ordinary user, and, to check the suite itself, in a plain directory. ✓: it holds; else the reason why it does not, and then the suite',
    'asserts that it does not. Of a refusal the rule tells when it comes. Sources are functions of POSIX.1-2017, pages of the Linux manual,',
    'and “the mount” for what Sherin itself promises. Made by `npm run build && node dist/test/posix/print-document.js > docs/posix.md`.',
  ];
}

function summary(): string[] {
  const rules = entries.map(({ rule }) => rule);
  const refusals = rules.filter(({ errno }) => errno !== undefined);
  const unprovoked = operations.reduce((sum, operation) => sum + operation.unprovoked.length, 0);
  return [
    '',
    '| | |',
    '| --- | ---: |',
    `| operations | ${operations.length} |`,
    `| rules | ${rules.length} |`,
    `| of them refusals, each with its errno | ${refusals.length} |`,
    `| assertions on one mount, as root and as a user | ${assertions(rules)} |`,
    ...places.map((place) => `| rules that ${place.name} keeps | ${kept(place).length} |`),
    `| errnos of the manual that no test can bring about | ${unprovoked} |`,
  ];
}

function notKept(): string[] {
  const reasons = new Set(places.flatMap(({ limits }) => limits.map(({ reason }) => reason)));
  const count = (place: Place, reason: string): number =>
    entries.filter(({ operation, rule }) => limitOf(place, operation, rule)?.reason === reason).length;
  return [
    '',
    '## What is not kept',
    '',
    `| reason | ${places.map(({ name }) => `rules, ${name}`).join(' | ')} |`,
    '| --- | ---: | ---: |',
    ...[...reasons].map(
      (reason) => `| ${reason} | ${places.map((place) => count(place, reason) || '–').join(' | ')} |`,
    ),
  ];
}

function section(operation: Operation): string[] {
  const { name, rules, unprovoked } = operation;
  const rows = rules.map((rule) => {
    const { text, errno, source, who } = rule;
    const marks = places.map((place) => limitOf(place, operation, rule)?.reason ?? '✓');
    const cells = [escaped(text), errno ?? '', source, who === 'both' ? 'both' : who, ...marks];
    return `| ${cells.join(' | ')} |`;
  });
  const lines = [
    `## ${name}`,
    '',
    `| rule | errno | source | as | ${places.map((place) => place.name).join(' | ')} |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  if (unprovoked.length === 0) return lines;
  return [
    ...lines,
    '',
    'Not asserted:',
    '',
    '| errno | source | why |',
    '| --- | --- | --- |',
    ...unprovoked.map(({ errno, source, why }) => `| ${errno} | ${source} | ${why} |`),
  ];
}

/** Text in a cell of a table: nothing of it is taken for a mark of the page. */
function escaped(text: string): string {
  return text.replace(/[\\|*_`<]/g, '\\$&');
}
