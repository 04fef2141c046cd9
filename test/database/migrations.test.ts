import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshFolder, freshServerDatabase, type TestDatabase } from '../../harness/database.ts'
import {
  createCatalogPool,
  createMemoryDatabase,
  createSchemaEngine,
  noFilters,
  readSchema,
  toMigrationList,
} from '../../harness/schema-engine.ts'
import type { Backend } from '../../src/database/backend.ts'
import { openEmbedded } from '../../src/database/embedded/backend.ts'
import { connectTo } from '../../src/database/embedded/pglite-socket.ts'
import { applyMigrations, type MigrationCounts, MigrationError } from '../../src/database/migrations/apply.ts'
import { type Migration, readMigrations } from '../../src/database/migrations/files.ts'
import { openPostgresql } from '../../src/database/postgres/backend.ts'
import { createMetrics } from '../../src/metrics/instruments.ts'
import { collectLog, kinds } from './support/opened.ts'

const metrics = createMetrics({ version: '', revision: '', runtime: '' })
const { log, lines } = collectLog()

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
})
const first = migration(
  '20260101000000_first',
  'CREATE TABLE "A" ("id" INTEGER);\nINSERT INTO "A" VALUES (1);\n',
)
const second = migration('20260102000000_second', `CREATE TABLE "B" ("text" TEXT DEFAULT ';');`)

function open(from: TestDatabase): Promise<Backend> | Backend {
  return 'DATA_DIR' in from.env
    ? openEmbedded(from.env.DATA_DIR, { metrics, log })
    : openPostgresql(from.env.DATABASE_URL, { metrics, log })
}

async function apply(backend: Backend, migrations: Migration[]): Promise<MigrationCounts[]> {
  const counts: MigrationCounts[] = []
  await applyMigrations(backend, migrations, log, (latest) => counts.push(latest))
  return counts
}

describe.each(kinds)('migrations on %s', (kind) => {
  let from: TestDatabase
  let backend: Backend
  beforeEach(async () => {
    from = kind === 'pglite' ? await freshFolder() : await freshServerDatabase()
    backend = await open(from)
    lines.length = 0
  })
  afterEach(async () => {
    await backend.close().catch(() => {})
    await from.drop()
  })
  const rows = async (sql: string) => (await backend.pool.query(sql)).rows
  const history = () => rows('SELECT * FROM "_prisma_migrations" ORDER BY "migration_name"')

  it('are applied once, in order, each with a line, and recorded as Prisma does', async () => {
    expect(await apply(backend, [first, second])).toEqual([
      { applied: 0, unapplied: 2 },
      { applied: 1, unapplied: 1 },
      { applied: 2, unapplied: 0 },
    ])
    expect(lines).toEqual(
      [first, second].map(({ name }, i) => ({
        level: 'info',
        message: 'migration applied',
        fields: { migration: name, position: i + 1, of: 2, durationMs: expect.any(Number) },
      })),
    )
    expect(await history()).toEqual(
      [first, second].map(({ name, checksum }) => ({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum,
        finished_at: expect.any(Date),
        migration_name: name,
        logs: null,
        rolled_back_at: null,
        started_at: expect.any(Date),
        applied_steps_count: 1,
      })),
    )
    expect(await apply(backend, [first, second])).toEqual([{ applied: 2, unapplied: 0 }])
    expect(await rows('SELECT * FROM "A"')).toEqual([{ id: 1 }])
  })

  it('that fail leave nothing behind and say where', async () => {
    const broken = migration(second.name, 'CREATE TABLE "B" ("id" INTEGER);\n\nINSERT INTO "C" VALUES (1);\n')
    await expect(apply(backend, [first, broken])).rejects.toThrow(
      new MigrationError(
        'Migration 20260102000000_second failed at line 3 of its migration.sql: ' +
          'relation "C" does not exist (SQLSTATE 42P01)',
      ),
    )
    expect((await history()).map((row) => row.migration_name)).toEqual([first.name])
    expect(await rows(`SELECT to_regclass('"B"') AS b`)).toEqual([{ b: null }])
    expect((await apply(backend, [first, second])).at(-1)).toEqual({ applied: 2, unapplied: 0 })
  })

  it('that were edited after they were applied are refused; other line ends are no edit', async () => {
    await apply(backend, [first])
    await apply(backend, [migration(first.name, first.sql.replaceAll('\n', '\r\n'))])
    await expect(apply(backend, [migration(first.name, `${first.sql}-- edited`), second])).rejects.toThrow(
      /^Migration 20260101000000_first was edited after it was applied/,
    )
    expect(await history()).toHaveLength(1)
  })

  it('that another tool left unfinished are refused, those it rolled back are applied', async () => {
    await apply(backend, [first])
    await rows(`UPDATE "_prisma_migrations" SET "finished_at" = NULL`)
    await expect(apply(backend, [first])).rejects.toThrow(MigrationError)
    await rows(`UPDATE "_prisma_migrations" SET "rolled_back_at" = now(); DROP TABLE "A"`)
    expect((await apply(backend, [first])).at(-1)).toEqual({ applied: 1, unapplied: 0 })
  })

  it('of a newer version are mentioned and let be', async () => {
    await apply(backend, [first, second])
    lines.length = 0
    expect(await apply(backend, [first])).toEqual([{ applied: 1, unapplied: 0 }])
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'the database is newer than this version',
        fields: { migrations: [second.name] },
      },
    ])
  })

  it('are, to Prisma, all applied and without drift', async () => {
    const migrations = readMigrations()
    await apply(backend, migrations)
    await backend.close()
    const { pool, close } = await openCatalog(from)
    try {
      const engine = await createSchemaEngine(pool, readSchema())
      const migrationsList = toMigrationList(migrations)
      // What `prisma migrate status` asks, and what `prisma migrate dev` asks.
      expect(
        await engine.diagnoseMigrationHistory({
          migrationsList,
          optInToShadowDatabase: false,
          filters: noFilters,
        }),
      ).toEqual({
        editedMigrationNames: [],
        failedMigrationNames: [],
        hasMigrationsTable: true,
        history: null,
      })
      expect(await engine.devDiagnostic({ migrationsList, filters: noFilters })).toEqual({
        action: { tag: 'createMigration' },
      })
    } finally {
      await close()
    }
  })

  if (kind === 'postgresql')
    it('are applied by one of several instances that start together, and the others wait', async () => {
      const slow = migration(first.name, `SELECT pg_sleep(0.3); ${first.sql}`)
      const others = await Promise.all([open(from), open(from)])
      const all = [backend, ...others]
      const counts = await Promise.all(all.map((instance) => apply(instance, [slow, second])))
      await Promise.all(others.map((instance) => instance.close()))
      expect(counts.map((each) => each.at(-1))).toEqual(all.map(() => ({ applied: 2, unapplied: 0 })))
      expect(lines.map(({ fields }) => ({ ...fields }))).toHaveLength(2)
      expect(await rows('SELECT * FROM "A"')).toEqual([{ id: 1 }])
    })
})

it('the migrations make what schema.prisma says', async () => {
  const { pool, close } = await createMemoryDatabase()
  try {
    const engine = await createSchemaEngine(pool, readSchema())
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...toMigrationList(readMigrations()) },
      to: { tag: 'schemaDatamodel', ...readSchema() },
      script: true,
      exitCode: null,
      filters: noFilters,
    })
    expect(stdout?.trim()).toBe('-- This is an empty migration.')
  } finally {
    await close()
  }
})

async function openCatalog({ env }: TestDatabase): Promise<{ pool: Pool; close(): Promise<void> }> {
  if ('DATABASE_URL' in env) {
    const pool = createCatalogPool({ connectionString: env.DATABASE_URL })
    return { pool, close: () => pool.end() }
  }
  const pglite = await PGlite.create({ dataDir: join(env.DATA_DIR, 'postgres') })
  const pool = createCatalogPool({ max: 1, stream: () => connectTo(pglite) })
  return {
    pool,
    close: async () => {
      await pool.end()
      await pglite.close()
    },
  }
}
