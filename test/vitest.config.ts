import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    // A golden file that is missing fails, here as in CI; `-u` writes it.
    update: 'none',
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    tags: [
      { name: 'sampled', description: 'has fewer cases in npm test' },
      { name: 'thorough', description: 'is left to npm run test:all' },
    ],
    // No cost model that somebody has measured here decides what tests expect.
    env: { XDG_CONFIG_HOME: '/nonexistent' },
  },
});
