// Makes a new migration from the difference between the migrations and prisma/schema.prisma. Needs no database.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  createMemoryDatabase,
  createSchemaEngine,
  noFilters,
  readSchema,
  toMigrationList,
} from '../harness/schema-engine.ts'
import { migrationsFolder, readMigrations } from '../src/database/migrations/files.ts'

const help = `Usage: npm run migrate:new -- --name add_likes

Writes prisma/migrations/<time>_<name>/migration.sql with what makes the tables that the migrations give
those of prisma/schema.prisma. Read it before you commit it: a rename, for one, comes out as drop and add.

  --name    what the migration does, in a-z 0-9 _
  --help    this text
`

const { values } = parseArgs({ options: { name: { type: 'string' }, help: { type: 'boolean' } } })
if (values.help) process.stdout.write(help)
else if (!values.name || !/^[a-z0-9_]{1,100}$/.test(values.name)) {
  process.stderr.write(`--name is missing or not of a-z 0-9 _.\n\n${help}`)
  process.exitCode = 1
} else await writeMigration(values.name)

async function writeMigration(name: string): Promise<void> {
  const sql = await difference()
  if (sql === undefined) {
    process.stdout.write(
      'prisma/schema.prisma holds nothing that the migrations do not: no migration made.\n',
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
