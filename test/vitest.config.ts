import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    // Hooks load SEAL and make keys, which takes longer on a busy machine than the default allows.
    hookTimeout: 120_000,
    // A golden file that is missing fails, here as in CI; `-u` writes it.
    update: 'none',
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    tags: [
      { name: 'sampled', description: 'runs with fewer cases in npm test' },
      { name: 'thorough', description: 'runs only in npm run test:all' },
    ],
  },
});
