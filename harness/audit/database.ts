// A database for one audit.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { administer, urlOf } from '../postgres.ts'
import type { DatabaseEnv } from './rows.ts'

/** Empty, on the server where there is one, else in a folder; `drop` leaves nothing of it. */
export async function createDatabase(
  adminUrl: string | undefined,
): Promise<{ env: DatabaseEnv; drop: () => Promise<void> }> {
  if (!adminUrl) {
    const folder = await mkdtemp(join(tmpdir(), 'microposts-audit-'))
    return { env: { DATA_DIR: folder }, drop: () => rm(folder, { recursive: true, force: true }) }
  }
  const name = `microposts_audit_${randomUUID()}`
  await administer(adminUrl, `CREATE DATABASE "${name}"`)
  return {
    env: { DATABASE_URL: urlOf(adminUrl, name) },
    drop: () => administer(adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  }
}
