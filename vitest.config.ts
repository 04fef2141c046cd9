import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    pool: 'forks',
    // Each file starts services of its own: more files at once than cores only makes each slower.
    maxWorkers: 2,
    // Far longer than any takes: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
