// Migrates a database once for each run of the tests; every fresh database is then a copy of it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { administer, urlOf, usedServer } from '../../harness/postgres.ts'
import { openDatabase } from '../../src/database/client.ts'
import { createMetrics } from '../../src/metrics/instruments.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database that nothing is connected to: its name on PostgreSQL, its folder where it is embedded. */
    templateDatabase: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return usedServer ? setUpPostgresql(project, usedServer) : setUpEmbedded(project)
}

async function setUpPostgresql(project: TestProject, adminUrl: string) {
  const name = `microposts_template_${process.pid}`
  await administer(adminUrl, `CREATE DATABASE "${name}"`)
  await migrate({ url: urlOf(adminUrl, name), dataDir: '' })
  project.provide('templateDatabase', name)
  return () => administer(adminUrl, `DROP DATABASE "${name}" WITH (FORCE)`)
}

async function setUpEmbedded(project: TestProject) {
  const dataDir = mkdtempSync(join(tmpdir(), 'microposts-template-'))
  await migrate({ url: undefined, dataDir })
  project.provide('templateDatabase', dataDir)
  return async () => rmSync(dataDir, { recursive: true, force: true })
}

async function migrate(where: { url: string | undefined; dataDir: string }): Promise<void> {
  const metrics = createMetrics({ version: '', revision: '', runtime: '' })
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const database = await openDatabase({ ...where, metrics, log: silent })
  await database.migrate().finally(() => database.close())
}
