// Databases for tests: on PostgreSQL when TEST_DATABASE_URL is set, else embedded, in folders for temporary files.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { administer, urlOf } from './administer.ts'

export type TestDatabase = {
  /** The settings that make a service use it. */
  env: { DATABASE_URL: string } | { DATA_DIR: string }
  drop(): Promise<void>
}

/** A migrated database that is empty and nobody else's. */
export async function freshDatabase(): Promise<TestDatabase> {
  const template = inject('templateDatabase')
  if (process.env.TEST_DATABASE_URL) return createPostgresql(process.env.TEST_DATABASE_URL, template)
  const folder = await freshFolder()
  await cp(template, folder.env.DATA_DIR, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return folder
}

/** One without any table. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return process.env.TEST_DATABASE_URL
    ? createPostgresql(process.env.TEST_DATABASE_URL, 'template0')
    : freshFolder()
}

async function createPostgresql(adminUrl: string, template: string) {
  const name = `microposts_test_${randomUUID()}`
  await administer(adminUrl, `CREATE DATABASE "${name}" TEMPLATE "${template}"`)
  return {
    env: { DATABASE_URL: urlOf(adminUrl, name) },
    drop: () => administer(adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  }
}

/** An empty folder, for an embedded database whatever the tests run on. */
export async function freshFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-test-'))
  return { env: { DATA_DIR: folder }, drop: () => rm(folder, { recursive: true, force: true }) }
}
