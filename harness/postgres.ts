// The PostgreSQL server that tests may use: TEST_DATABASE_URL, whose user may create databases.
import { Client } from 'pg'

export const server = process.env.TEST_DATABASE_URL

/** The one that tests run on which do not ask for either; TEST_DATABASE=embedded has them run embedded all the same. */
export const usedServer = process.env.TEST_DATABASE === 'embedded' ? undefined : server

/**
 * Whether there is a server, for tests that need it: without one they are skipped, with a line that says so, but on
 * CI they fail.
 */
export function hasServer(): boolean {
  if (server) return true
  const reason = 'TEST_DATABASE_URL names no PostgreSQL (postgresql://user@host/postgres)'
  if (process.env.CI) throw new Error(`${reason}, and on CI nothing is skipped.`)
  process.stderr.write(`skipped: ${reason}\n`)
  return false
}

/** Runs one statement on a connection of its own. */
export async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** The URL of another database on the same server. */
export function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}
