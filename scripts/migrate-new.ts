// Creates a migration from the difference between the existing migrations and prisma/schema.prisma, without a database.
import { mkdirSync, writeFileSync } from 'node:fs'
import {
  createMemoryDatabase,
  createSchemaEngine,
  noFilters,
  readSchema,
  toMigrationList,
} from '../harness/schema-engine.ts'
import { exitWithUsage, readOptions } from '../lib/command-line.ts'
import { migrationsFolder, readMigrations } from '../src/database/migrations/files.ts'

const usage = `Usage: npm run migrate:new -- --name add_likes

Writes prisma/migrations/<time>_<name>/migration.sql, which changes the tables from those of the existing migrations to
those of prisma/schema.prisma. Read it before you commit it: a rename becomes a drop and an add.

  --name TEXT  what the migration does, in a-z 0-9 _
  --help       prints this text
`

const { name } = readOptions(usage, { name: '' })
if (!/^[a-z0-9_]{1,100}$/.test(name))
  exitWithUsage('--name must be 1 to 100 of the characters a-z 0-9 _.', usage)
await writeMigration(name)

async function writeMigration(name: string): Promise<void> {
  const sql = await difference()
  if (sql === undefined) {
    process.stdout.write(
      'No migration is needed: the existing ones give the tables of prisma/schema.prisma.\n',
    )
    return
  }
  const folder = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${name}`
  mkdirSync(`${migrationsFolder}/${folder}`)
  writeFileSync(`${migrationsFolder}/${folder}/migration.sql`, sql)
  process.stdout.write(`prisma/migrations/${folder}/migration.sql\n\n${sql}`)
}

async function difference(): Promise<string | undefined> {
  const database = await createMemoryDatabase()
  try {
    const schema = readSchema()
    const engine = await createSchemaEngine(database.pool, schema)
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...toMigrationList(readMigrations()) },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: noFilters,
    })
    return exitCode === 0 || !stdout ? undefined : `${stdout.trim()}\n`
  } finally {
    await database.close()
  }
}
