/** Programs as people use them, in any directory: each says itself whether it found what it had written. */
import { afterEach, beforeEach, describe } from 'vitest';
import { buildTests } from './build.js';
import { copyTests } from './copies.js';
import { databaseTests } from './databases.js';
import { editorTests } from './editors.js';
import { fioTests } from './fio.js';
import { gitTests } from './git.js';
import { mailTests } from './mail.js';
import { mapTests } from './maps.js';
import { stressTests } from './stress-ng.js';
import { Workplace } from './workplace.js';
import { writerTests } from './writers.js';

export interface ProgramTest {
  readonly name: string;
  /** An existing directory that the user of the tests may write to. */
  readonly directory: () => string;
  /** Multiplies sizes and counts. */
  readonly factor?: number;
  /** Seconds after which what was done by one name of a file shows by the others. */
  readonly settle?: number;
}

/** Milliseconds: far more than any takes, so that only what hangs ends there. */
const timeout = 300_000;

export function programTests({ name, directory, factor = 1, settle = 0 }: ProgramTest): void {
  describe(`programs in ${name}`, { timeout }, () => {
    let workplace: Workplace;
    beforeEach(() => {
      workplace = new Workplace(directory(), factor, settle);
    });
    afterEach(() => workplace.remove());
    const place = () => workplace;
    gitTests(place);
    databaseTests(place);
    copyTests(place);
    buildTests(place);
    fioTests(place);
    stressTests(place);
    writerTests(place);
    mailTests(place);
    mapTests(place);
    editorTests(place);
  });
}
