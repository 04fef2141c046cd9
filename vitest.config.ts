import { defineConfig } from 'vitest/config'

/** The tests whose outcome may depend on the database. Those in test/database choose it themselves. */
const onPostgresql = [
  'test/{accounts,sessions,posts,follows,timeline,search,health,metrics}/**/*.test.ts',
  'test/http/{fuzz,pagination,rate-limits,request-metrics}.test.ts',
  'test/process/lifecycle.test.ts',
  'test/security/injection.test.ts',
]

const project = (name: string, include: string[]) => ({ extends: true as const, test: { name, include } })

export default defineConfig({
  test: {
    projects: [
      project('embedded', ['test/**/*.test.ts']),
      ...(process.env.TEST_DATABASE_URL ? [project('postgresql', onPostgresql)] : []),
    ],
    globalSetup: 'test/support/global-setup.ts',
    setupFiles: 'test/support/setup.ts',
    pool: 'forks',
    // Each file starts its own services: more files at once than cores would only slow each down.
    maxWorkers: 2,
    // Far longer than any test takes, so that a busy machine fails none.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
