import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshFolder, freshServerDatabase, type TemporaryDatabase } from '../../harness/database.ts'
import { collectLog } from '../../harness/log.ts'
import {
  createCatalogPool,
  createMemoryDatabase,
  createSchemaEngine,
  noFilters,
  readSchema,
  toMigrationList,
} from '../../harness/schema-engine.ts'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { until } from '../../harness/until.ts'
import type { Backend } from '../../src/database/backend.ts'
import { openEmbedded } from '../../src/database/embedded/backend.ts'
import { createPgliteSocket } from '../../src/database/embedded/pglite-socket.ts'
import { applyMigrations, type MigrationCounts, MigrationError } from '../../src/database/migrations/apply.ts'
import { type Migration, readMigrations } from '../../src/database/migrations/files.ts'
import { openPostgresql } from '../../src/database/postgres/backend.ts'
import { databaseKinds } from './support/opened.ts'

const metrics = unrecordedMetrics()
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

function open(from: TemporaryDatabase): Promise<Backend> | Backend {
  return 'DATA_DIR' in from.env
    ? openEmbedded(from.env.DATA_DIR, { metrics, log })
    : openPostgresql(from.env.DATABASE_URL, { metrics, log })
}

async function apply(backend: Backend, migrations: Migration[]): Promise<MigrationCounts[]> {
  const counts: MigrationCounts[] = []
  await applyMigrations(backend, migrations, log, (latest) => counts.push(latest))
  return counts
}

describe.each(databaseKinds)('migrations on %s', (kind) => {
  let from: TemporaryDatabase
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

  it('are applied once and in order, logged, and recorded as Prisma does', async () => {
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

  it('are rolled back when they fail; the error names the line', async () => {
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

  it('are rejected when they were edited after they were applied; line endings may differ', async () => {
    await apply(backend, [first])
    await apply(backend, [migration(first.name, first.sql.replaceAll('\n', '\r\n'))])
    await expect(apply(backend, [migration(first.name, `${first.sql}-- edited`), second])).rejects.toThrow(
      /^Migration 20260101000000_first was edited after it was applied/,
    )
    expect(await history()).toHaveLength(1)
  })

  it('are rejected when another tool left them unfinished, and applied when it rolled them back', async () => {
    await apply(backend, [first])
    await rows(`UPDATE "_prisma_migrations" SET "finished_at" = NULL`)
    await expect(apply(backend, [first])).rejects.toThrow(MigrationError)
    await rows(`UPDATE "_prisma_migrations" SET "rolled_back_at" = now(); DROP TABLE "A"`)
    expect((await apply(backend, [first])).at(-1)).toEqual({ applied: 1, unapplied: 0 })
  })

  it('of a newer version cause a warning only', async () => {
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

  it('are all applied and without drift according to Prisma', async () => {
    const migrations = readMigrations()
    await apply(backend, migrations)
    await backend.close()
    const { pool, close } = await openCatalog(from)
    try {
      const engine = await createSchemaEngine(pool, readSchema())
      const migrationsList = toMigrationList(migrations)
      // The checks of `prisma migrate status` and of `prisma migrate dev`.
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
    it('are applied by one of several instances that start together, while the others wait', async () => {
      const others = await Promise.all([open(from), open(from)])
      const all = [backend, ...others]
      const other = await backend.pool.connect()
      await other.query('BEGIN; SELECT pg_advisory_xact_lock(72707369)')
      const applied = Promise.all(all.map((instance) => apply(instance, [first, second])))
      const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
      await until('all wait for the lock', async () => (await other.query(waiting)).rowCount === all.length)
      await other.query('COMMIT')
      other.release()

      const counts = await applied
      await Promise.all(others.map((instance) => instance.close()))
      expect(counts.map((each) => each.at(-1))).toEqual(all.map(() => ({ applied: 2, unapplied: 0 })))
      expect(lines.map(({ message }) => message)).toEqual(['migration applied', 'migration applied'])
      expect(await rows('SELECT * FROM "A"')).toEqual([{ id: 1 }])
    })
})

it('the migrations produce the schema of schema.prisma', async () => {
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

async function openCatalog({ env }: TemporaryDatabase): Promise<{ pool: Pool; close(): Promise<void> }> {
  if ('DATABASE_URL' in env) {
    const pool = createCatalogPool({ connectionString: env.DATABASE_URL })
    return { pool, close: () => pool.end() }
  }
  const pglite = await PGlite.create({ dataDir: join(env.DATA_DIR, 'postgres') })
  const pool = createCatalogPool({ max: 1, stream: () => createPgliteSocket(pglite) })
  return {
    pool,
    close: async () => {
      await pool.end()
      await pglite.close()
    },
  }
}
