// Migrates one database for each Vitest project; every fresh database is a copy of it.
import type { TestProject } from 'vitest/node'
import { createDatabase, type Template, testServer } from '../../harness/database.ts'
import { openQuietly } from '../../harness/open-database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database without connections. */
    template: Template
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const serverUrl = project.name === 'postgresql' ? testServer : undefined
  const { env, drop } = await createDatabase(serverUrl)
  const database = await openQuietly(env)
  await database.migrate().finally(() => database.close())
  const name = 'DATA_DIR' in env ? env.DATA_DIR : new URL(env.DATABASE_URL).pathname.slice(1)
  project.provide('template', { ...(serverUrl && { serverUrl }), name })
  return drop
}
