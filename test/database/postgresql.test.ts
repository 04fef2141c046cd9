import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freshServerDatabase, hasServer, type TemporaryDatabase } from '../../harness/database.ts'
import { createRelay } from '../../harness/http/relay.ts'
import { collectLog } from '../../harness/log.ts'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { until } from '../../harness/until.ts'
import { readMigrations } from '../../src/database/migrations/files.ts'
import { migrateWhenReachable } from '../../src/database/migrations/when-reachable.ts'
import { openPostgresql } from '../../src/database/postgres/backend.ts'
import { errorMessage, isUnavailable } from '../../src/database/sql-errors.ts'
import { type Opened, openExisting } from './support/opened.ts'

const password = 'open-sesame'
const caught = (promise: Promise<unknown>) =>
  promise.then(() => expect.fail('it did not fail')).catch((e) => e)

describe.runIf(hasServer())('PostgreSQL behind a network', () => {
  let from: TemporaryDatabase
  let relay: ReturnType<typeof createRelay>
  let opened: Opened
  beforeEach(async () => {
    const database = await freshServerDatabase()
    from = database
    const url = new URL(database.env.DATABASE_URL)
    relay = createRelay(Number(url.port || 5432))
    await relay.start()
    url.host = `127.0.0.1:${relay.port()}`
    url.password = password
    opened = await openExisting({ ...from, env: { DATABASE_URL: url.href } })
  })
  afterEach(async () => {
    await opened.close().catch(() => {})
    await relay.stop()
    await from.drop()
  })

  it('opens while the server is down, logs it without the password, and migrates once it is back', async () => {
    await relay.stop()
    const stop = new AbortController()
    const { log, lines } = collectLog()
    const migrated = migrateWhenReachable(opened, { log, signal: stop.signal })
    await until('two attempts', () => lines.length >= 2)
    expect(lines[0]).toEqual({
      level: 'warn',
      message: 'database not reachable, trying again',
      fields: {
        database: opened.name,
        error: `connect ECONNREFUSED 127.0.0.1:${relay.port()}`,
        retryMs: 250,
      },
    })
    expect(opened.name).toMatch(/^127\.0\.0\.1:\d+\/microposts_test_[0-9a-f-]+$/)
    expect(JSON.stringify(lines)).not.toContain(password)
    const total = readMigrations().length
    expect(opened.migrations()).toEqual({ applied: 0, unapplied: total })
    await expect(opened.ping()).rejects.toThrow()
    await relay.start()
    await migrated
    expect(opened.migrations()).toEqual({ applied: total, unapplied: 0 })
    await opened.ping()
  })

  it('stops retrying when the signal is aborted', async () => {
    await relay.stop()
    const stop = new AbortController()
    const { log, lines } = collectLog()
    const migrated = migrateWhenReachable(opened, { log, signal: stop.signal })
    await until('an attempt', () => lines.length > 0)
    stop.abort()
    await migrated
  })

  it('does not retry an error that a retry does not repair', async () => {
    await from.drop()
    const { log, lines } = collectLog()
    const error = await caught(migrateWhenReachable(opened, { log, signal: new AbortController().signal }))
    expect(errorMessage(error)).toMatch(/^database "microposts_test_.*" does not exist$/)
    expect(lines).toEqual([])
  })

  it('reports every error of a lost server as unavailable, and recovers by itself', async () => {
    await opened.migrate()
    const { client } = opened
    await Promise.all(Array.from({ length: 4 }, () => client.user.count()))
    const transaction = client.$transaction(async (tx) => {
      await tx.user.count()
      await relay.stop()
      await tx.user.count()
    })
    expect(isUnavailable(await caught(transaction))).toBe(true)
    for (let i = 0; i < 6; i++) expect(isUnavailable(await caught(client.user.count()))).toBe(true)
    expect(isUnavailable(await caught(client.$queryRaw`SELECT 1`))).toBe(true)
    expect(isUnavailable(await caught(opened.query`SELECT 1`))).toBe(true)
    expect(isUnavailable(await caught(client.$transaction([client.user.count()])))).toBe(true)
    await relay.start()
    expect(await client.user.count()).toBe(0)
    await opened.ping()
  })

  it('reports a connection that the server terminated as unavailable', async () => {
    await opened.migrate()
    const terminate = opened.client.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())::text`
    expect(isUnavailable(await caught(terminate))).toBe(true)
    const again = opened.query`SELECT pg_terminate_backend(pg_backend_pid())::text`
    expect(isUnavailable(await caught(again))).toBe(true)
    expect(await opened.client.user.count()).toBe(0)
  })

  it('fails a ping of a silent server before a statement times out, and recovers by itself', async () => {
    await opened.migrate()
    await opened.ping()
    relay.silence(true)
    let statementFailed = false
    const statement = caught(opened.client.user.count()).finally(() => {
      statementFailed = true
    })
    await caught(opened.ping())
    expect(statementFailed).toBe(false)
    relay.silence(false)
    await relay.stop()
    expect(isUnavailable(await statement)).toBe(true)
    await relay.start()
    await until('a ping', () =>
      opened.ping().then(
        () => true,
        () => false,
      ),
    )
  })

  it('records a timeout of the wait for a connection', async () => {
    await opened.migrate()
    relay.silence(true)
    expect(isUnavailable(await caught(opened.client.user.count()))).toBe(true)
    expect(await opened.samples('db_client_connection_timeouts_total')).toEqual({ microposts: 1 })
    const counts = await opened.samples('db_client_operation_duration_seconds_count')
    expect(counts).toMatchObject({ 'User SELECT postgresql timeout': 1 })
  })
})

describe('DATABASE_URL', () => {
  const open = (url: string) =>
    openPostgresql(url, {
      metrics: unrecordedMetrics(),
      log: collectLog().log,
    })

  it('selects named statements and the size of the pool, by default ten', () => {
    const plain = open('postgresql://me@host/db')
    expect(plain.keepsStatements).toBe(true)
    expect(plain.pool.options).toMatchObject({ max: 10, statement_timeout: 10_000 })
    const pooled = open('postgresql://me@host/db?pgbouncer=true&connection_limit=3&schema=public')
    expect(pooled.keepsStatements).toBe(false)
    expect(pooled.pool.options).toMatchObject({ max: 3, statement_timeout: undefined })
  })
})
