import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{common,native,fs,daemon,cli,setup}/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // More than cores: many a test waits, for a TPM, a mount, a time-out.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
