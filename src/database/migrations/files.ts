// The migrations that this version brings, in Prisma's own layout: prisma/migrations/<name>/migration.sql.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Migration = {
  /** The folder's name; its order is the order of migrations. */
  name: string
  sql: string
  /** SHA-256 of the file, in hexadecimal, as Prisma records it. */
  checksum: string
}

export const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

/** Throws the file system's error when a folder has no migration.sql. */
export function readMigrations(folder = migrationsFolder): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readMigration(folder, entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readMigration(folder: string, name: string): Migration {
  const sql = readFileSync(`${folder}/${name}/migration.sql`, 'utf8')
  return { name, sql, checksum: sha256(sql) }
}

/** Whether the file is the one that was applied; line ends may differ, as they do in a checkout on Windows. */
export function isUnchanged(migration: Migration, appliedChecksum: string): boolean {
  const unix = migration.sql.replaceAll('\r\n', '\n')
  return [migration.sql, unix, unix.replaceAll('\n', '\r\n')].some((sql) => sha256(sql) === appliedChecksum)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
