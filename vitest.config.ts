import { configDefaults, defineConfig } from 'vitest/config';

/** What takes long, or is much the same once more on the slower driver or in a plain directory: with SHERIN_TESTS=all. */
const onRequest = [
  'test/model/{native,fuse-native,self-check}.test.ts',
  'test/posix/{fuse-native,plain}.test.ts',
  'test/programs/*.test.ts',
  'test/vault/backup.test.ts',
  'test/crash/{matrix,random-kill}.test.ts',
  'test/mount/writing.test.ts',
];

const asked = process.env.SHERIN_TESTS === 'all' || process.env.SHERIN_TEST_DIRECTORY !== undefined;

export default defineConfig({
  test: {
    include: ['{common,native,fs,daemon,cli,setup}/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(asked ? [] : onRequest)],
    pool: 'forks',
    // More than cores: many a test waits, for a TPM, a mount, a time-out.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
