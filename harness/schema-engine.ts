// Prisma's schema engine as WebAssembly, because Prisma's commands download a native one. For development only.
import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { dataDir } from '@electric-sql/pglite-prepopulatedfs'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils'
import { type MigrationList, SchemaEngine, type SchemasContainer } from '@prisma/schema-engine-wasm'
import { Pool, type PoolConfig, type QueryArrayConfig } from 'pg'
import { createPgliteSocket } from '../src/database/embedded/pglite-socket.ts'
import { type Migration, migrationsFolder } from '../src/database/migrations/files.ts'

/** Includes every table in a comparison. */
export const noFilters = { externalTables: [], externalEnums: [] }

// The engine reports its panics through this global.
Object.assign(globalThis, {
  PRISMA_WASM_PANIC_REGISTRY: {
    set_message: (message: string) => process.stderr.write(`Prisma's schema engine: ${message}\n`),
  },
})

/** Creates an engine for the database of a pool of createCatalogPool. It tries migrations out on a PGlite in memory. */
export function createSchemaEngine(pool: Pool, schema: SchemasContainer): Promise<SchemaEngine> {
  const datamodels = schema.files.map(({ path, content }): [string, string] => [path, content])
  const factory = bindMigrationAwareSqlAdapterFactory(adapterFactory(pool))
  return SchemaEngine.new({ datamodels }, () => {}, factory)
}

/** Creates an empty PGlite in memory. */
export async function createMemoryDatabase() {
  const pglite = await PGlite.create({ loadDataDir: await dataDir() })
  const pool = createCatalogPool({ max: 1, idleTimeoutMillis: 0, stream: () => createPgliteSocket(pglite) })
  const close = async () => {
    await pool.end()
    await pglite.close()
  }
  return { pool, close }
}

export function readSchema(): SchemasContainer {
  const path = new URL('../prisma/schema.prisma', import.meta.url).pathname
  return { files: [{ path, content: readFileSync(path, 'utf8') }] }
}

/** Converts migrations to the engine's type. */
export function toMigrationList(migrations: Migration[]): MigrationList {
  return {
    baseDir: migrationsFolder,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(`${migrationsFolder}/migration_lock.toml`, 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}

/** Creates a pool with which Prisma's adapter can read the system catalogue. */
export function createCatalogPool(config: PoolConfig): Pool {
  const pool = new Pool(config)
  const query = pool.query.bind(pool)
  return Object.assign(pool, {
    query: async (config: QueryArrayConfig) => {
      const result = await query(config)
      const charColumns = result.fields.flatMap((field, i) => (field.dataTypeID === oid.char ? [i] : []))
      for (const i of charColumns) Object.assign(result.fields[i] ?? {}, { dataTypeID: oid.text })
      charColumnsOf.set(result.rows, charColumns)
      return result
    },
  })
}

/** The adapter does not know the one-byte type "char" of the catalogue, and the engine requires it. */
const oid = { char: 18, text: 25 }
const charColumnsOf = new WeakMap<object, number[]>()

function adapterFactory(pool: Pool): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(pool),
    connectToShadowDb: async () => {
      const shadow = await createMemoryDatabase()
      return connect(shadow.pool, shadow.close)
    },
  }
}

async function connect(pool: Pool, dispose = async () => {}): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(pool).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  return Object.assign(adapter, {
    queryRaw: async (query: SqlQuery) => {
      const result = await queryRaw(query)
      for (const i of charColumnsOf.get(result.rows) ?? []) result.columnTypes[i] = ColumnTypeEnum.Character
      return result
    },
    // Prisma's version splits the script at every semicolon, even in strings and functions.
    executeScript: async (script: string) => {
      const connection = await pool.connect()
      await connection.query(script).finally(() => connection.release())
    },
    dispose,
  })
}
