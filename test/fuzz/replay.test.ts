/** What fuzzing has found to reach something, again, and some changes of it; `npm run fuzz` looks for more. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { readCorpus } from './corpus.js';
import { mutate } from './mutate.js';
import { nativeTargets } from './native-targets.js';
import { Random } from './random.js';
import { targets } from './targets/index.js';

/** Changed inputs of each target. */
const rounds = Number(process.env.SHERIN_FUZZ_ROUNDS ?? 15);
const seed = Number(process.env.SHERIN_FUZZ_SEED ?? 1);

describe('answers or refuses whatever it is given, and reads nothing that it would write otherwise', () => {
  it.each(targets)('$name', async (target) => {
    const harness = await target.begin();
    try {
      const known = [...harness.seeds.map((input) => Buffer.from(input)), ...readCorpus(target.name)];
      expect(known.length).toBeGreaterThan(0);
      const random = new Random(seed);
      const made = Array.from({ length: rounds }, () =>
        mutate(random.of(known), random.of(known), target.form, random),
      );
      for (const input of [...known, ...made]) {
        try {
          await harness.run(Buffer.from(input));
        } catch (error) {
          throw new Error(`broken by (base64) ${input.toString('base64')}`, { cause: error });
        }
      }
    } finally {
      await harness.end?.();
    }
  });
});

it('names are of one target each, of TypeScript or native', () => {
  const names = [...targets.map(({ name }) => name), ...nativeTargets()];
  expect(new Set(names).size).toBe(names.length);
});

it.each(nativeTargets())('inputs are kept for the native target %s', (name) => {
  expect(readdirSync(join(projectRoot, 'native/fuzz/corpus', name)).length).toBeGreaterThan(0);
});
