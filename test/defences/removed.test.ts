/** Takes each defence away, in a copy of the project, and demands that the test which SECURITY.md cites for it fails, which passes with it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf, failuresOf } from './cited-test.js';
import { ProjectCopy } from './copy.js';
import type { CitedTest } from './removal.js';
import { removals } from './removals/index.js';

let copy: ProjectCopy;
beforeAll(() => {
  copy = new ProjectCopy();
});
afterAll(() => copy.remove());

/** By file: what its cited tests say with all defences, run once. */
const withAll = new Map<string, ReturnType<typeof failuresOf>>();

function failureWithAll(one: CitedTest): string | null {
  const { test: file, title } = one;
  let failures = withAll.get(file);
  if (failures === undefined) {
    const cited = removals.filter(({ test }) => test === file);
    const titles = cited.some(({ whole }) => whole) ? null : cited.map(({ title }) => title);
    failures = failuresOf(copy.root, file, titles);
    withAll.set(file, failures);
  }
  // What fails for what the others of its file have left is looked at by itself.
  return failures(title) === null ? null : failureOf(copy.root, one);
}

test.each(removals)('$attack: without $file', { timeout: 900_000 }, (removal) => {
  expect(failureWithAll(removal)).toBeNull();
  expect(copy.without(removal, () => failureOf(copy.root, removal))).not.toBeNull();
});
