import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the long tests are, the longest first. */
const long = [
  'native/checks/',
  'test/programs/',
  'test/model/',
  'test/mount/',
  'test/posix/',
  'test/vault/',
  'test/',
];

/** Begins with them, so that in the end no worker is alone with one; vitest would begin with the largest files. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((folder) => moduleId.startsWith(join(import.meta.dirname, folder)));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

/** Real programs, and what is much the same once more on the slower driver or in a plain directory: with SHERIN_TESTS=all. */
const onRequest = [
  'test/model/{fuse-native,self-check}.test.ts',
  'test/posix/{fuse-native,plain}.test.ts',
  'test/programs/*.test.ts',
];

const asked = process.env.SHERIN_TESTS === 'all' || process.env.SHERIN_TEST_DIRECTORY !== undefined;

export default defineConfig({
  test: {
    include: ['{common,native,fs,daemon,cli,setup}/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(asked ? [] : onRequest)],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // More than cores: many a test waits, for a TPM, a mount, a time-out.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
