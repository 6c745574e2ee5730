/** Any directory against a plain one of this machine: the same operations must give the same in both. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { averageSequence, separateLists, sequences } from './arbitrary.js';
import type { OperationName, Step } from './operation.js';
import { type Between, runSequence } from './sequence.js';
import { Side } from './side.js';
import { checkSequences } from './smallest.js';
import { runApart, runShared, sharedLists } from './together.js';

export interface ModelTest {
  readonly name: string;
  /** An existing directory that the user of the tests may write to; asked for once, when the tests begin. */
  readonly directory: () => string;
  /** Other users reach it: one process is another user, where the tests run as root. */
  readonly otherUsers: boolean;
  /** Finest step of file times, in nanoseconds. */
  readonly timeStep?: number;
  /** Operations that it does not know, by its own limits. */
  readonly without?: readonly OperationName[];
  /** It takes names of UTF-8 only. */
  readonly utf8?: boolean;
  /** Steps that it can not tell from others, by its own limits. */
  readonly except?: (step: Step) => boolean;
  /** What is done to it meanwhile, each in a run of its own. */
  readonly disturbances?: readonly Disturbance[];
}

export interface Disturbance {
  /** While the directory … */
  readonly name: string;
  /** How many of all operations. */
  readonly share: number;
  readonly between: Between;
}

/** The process that is another user where there is one. */
export const otherProcess = 2;
/** How many operations in sequence; SHERIN_MODEL makes it a long run. */
const operations = Number(process.env.SHERIN_MODEL ?? 2000);
/** Repeats a run: a failure says its seed. */
const seed = process.env.SHERIN_MODEL_SEED;
/** Far more than it takes: something hangs beyond it. */
const timeout = 120_000 + operations * 20;

export function modelTests(test: ModelTest): void {
  const { name, timeStep = 1, without = [], utf8 = false, except, disturbances = [] } = test;
  const root = process.getuid?.() === 0;
  const users = Array.from({ length: otherProcess + 1 }, (_, process) =>
    process === otherProcess && test.otherUsers && root ? 1000 : null,
  );
  const setting = { processes: users.length, without, utf8, ...(except === undefined ? {} : { except }) };

  describe(`${name} is like a plain directory`, () => {
    const folders: string[] = [];
    let tested: Side;
    let model: Side;
    beforeAll(() => {
      const start = (parent: string, step: number): Side => {
        const directory = openFolder(parent);
        folders.push(directory);
        return new Side({ directory, users, timeStep: step });
      };
      tested = start(test.directory(), timeStep);
      model = start(tmpdir(), 1);
    });
    afterAll(() => {
      tested.end();
      model.end();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    const stepByStep = (share: number, between?: Between) =>
      checkSequences(
        sequences(setting),
        (steps) => runSequence(steps, { tested, model, between }),
        runs(share),
      );

    it(`in ${operations} operations of three processes, step by step`, () => stepByStep(1), timeout);

    it.each(disturbances)(
      'step by step, while it is $name',
      ({ share, between }) => stepByStep(share, between),
      timeout,
    );

    it(
      'to processes that work at the same time in directories of their own',
      () => check(separateLists(setting), (lists) => runApart(lists, { tested, model })),
      timeout,
    );

    it(
      'to processes that work at the same time in one file',
      () => check(sharedLists(users.length), (lists) => runShared(lists, { tested, model })),
      timeout,
    );
  });
}

/** As many random cases as make up a `share` of all operations. */
function runs(share: number): { numRuns: number; seed?: number } {
  const numRuns = Math.ceil((operations * share) / averageSequence);
  return { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };
}

function check<Case>(cases: fc.Arbitrary<Case>, run: (one: Case) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(cases, run), runs(0.1));
}

/** A new directory in which every user may work. */
export function openFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'sherin-model-'));
  chmodSync(folder, 0o777);
  return folder;
}
