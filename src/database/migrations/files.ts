// Reads the migrations of this version in Prisma's layout: prisma/migrations/<name>/migration.sql.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Migration = {
  /** The name of the folder. Migrations are applied in the order of their names. */
  name: string
  sql: string
  /** SHA-256 of the file in hexadecimal, as Prisma records it. */
  checksum: string
}

export const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

/** Reads all migrations, in order. Throws the file system's error when a folder has no migration.sql. */
export function readMigrations(): Migration[] {
  return readdirSync(migrationsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readMigration(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readMigration(name: string): Migration {
  const sql = readFileSync(`${migrationsFolder}/${name}/migration.sql`, 'utf8')
  return { name, sql, checksum: sha256(sql) }
}

/** Whether a checksum is that of this migration. Line endings may differ, as they do in a checkout on Windows. */
export function hasChecksum({ sql }: Migration, checksum: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n')
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((variant) => sha256(variant) === checksum)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
