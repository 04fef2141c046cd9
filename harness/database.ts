// Databases for tests, which create and drop their own.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { administer, server, urlOf, usedServer } from './postgres.ts'

export type TestDatabase = {
  /** The settings that make a service use it. */
  env: { DATABASE_URL: string } | { DATA_DIR: string }
  drop(): Promise<void>
}

/** A migrated database that is empty and nobody else's. */
export async function freshDatabase(): Promise<TestDatabase> {
  const template = inject('templateDatabase')
  if (usedServer) return createOnServer(usedServer, template)
  const folder = await freshFolder()
  await cp(template, folder.env.DATA_DIR, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return folder
}

/** An empty database on the server, whatever the tests run on; ask `hasServer` first. */
export async function freshServerDatabase() {
  if (!server) throw new Error('There is no server.')
  return createOnServer(server, 'template0')
}

async function createOnServer(adminUrl: string, template: string) {
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
