// Creates databases for tests, benchmarks and scripts, which drop them when they are done.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

/** The settings that make a service use a database. */
export type DatabaseEnv = { DATABASE_URL: string } | { DATA_DIR: string }
export type TemporaryDatabase = { env: DatabaseEnv; drop(): Promise<void> }

/** The PostgreSQL server for tests that need one. Its user may create databases. */
export const testServer = process.env.TEST_DATABASE_URL

/**
 * Creates a database on the PostgreSQL server at `serverUrl`, or without one in a folder for the embedded database.
 * It is a copy of `template` (the name of a database, or a folder) or else empty.
 */
export function createDatabase(serverUrl: string): ReturnType<typeof createOnServer>
export function createDatabase(serverUrl?: string, template?: string): Promise<TemporaryDatabase>
export function createDatabase(serverUrl?: string, template?: string): Promise<TemporaryDatabase> {
  return serverUrl ? createOnServer(serverUrl, template) : createFolder(template)
}

/** What `freshDatabase` copies; without a server, `name` is the folder of an embedded database. */
export type Template = { serverUrl?: string; name: string }
let template: Template | undefined

export function setTemplate(value: Template): void {
  template = value
}

/** Creates an empty database with all tables (see setTemplate). */
export function freshDatabase(): Promise<TemporaryDatabase> {
  return createDatabase(template?.serverUrl, template?.name)
}

/** Creates a database without tables on `testServer`. */
export function freshServerDatabase() {
  if (!testServer) throw new Error('TEST_DATABASE_URL is not set.')
  return createOnServer(testServer)
}

/** Creates an empty folder for an embedded database. */
export function freshFolder() {
  return createFolder()
}

/**
 * Returns whether there is a PostgreSQL server for the tests that need one. Without it they are skipped, and a line
 * on stderr says so. On CI nothing may be skipped: there it throws.
 */
export function hasServer(): boolean {
  if (testServer) return true
  const reason = 'TEST_DATABASE_URL is not set (postgresql://user@host/postgres)'
  if (process.env.CI) throw new Error(`${reason}. On CI no test may be skipped.`)
  process.stderr.write(`skipped: ${reason}\n`)
  return false
}

/** Runs one statement on its own connection. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  // The statement reports a lost connection. Without a listener the loss would crash the process.
  client.on('error', () => {})
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

async function createOnServer(serverUrl: string, copied = 'template0') {
  const name = `microposts_test_${randomUUID()}`
  await administer(serverUrl, `CREATE DATABASE "${name}" TEMPLATE "${copied}"`)
  const { href } = Object.assign(new URL(serverUrl), { pathname: `/${name}` })
  return {
    env: { DATABASE_URL: href },
    drop: () => administer(serverUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  }
}

async function createFolder(copied?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-'))
  if (copied) await cp(copied, folder, { recursive: true, mode: constants.COPYFILE_FICLONE })
  return { env: { DATA_DIR: folder }, drop: () => rm(folder, { recursive: true, force: true }) }
}
