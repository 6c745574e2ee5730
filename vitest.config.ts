import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{common,native,fs,daemon,cli,setup}/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
