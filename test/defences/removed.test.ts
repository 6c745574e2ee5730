/** Takes each defence away, in a copy of the project, and demands that the test which SECURITY.md cites for it fails. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf } from './cited-test.js';
import { ProjectCopy } from './copy.js';
import { removals } from './removals/index.js';

let copy: ProjectCopy;
beforeAll(() => {
  copy = new ProjectCopy();
});
afterAll(() => copy.remove());

test.each(removals)('$attack: without $file', { timeout: 900_000 }, (removal) => {
  expect(failureOf(copy.root, removal)).toBeNull();
  expect(copy.without(removal, () => failureOf(copy.root, removal))).not.toBeNull();
});
