// PostgreSQL by DATABASE_URL: a bounded pool, and limits that end every wait.
import { Socket } from 'node:net'
import pg from 'pg'
import type { Backend, BackendDependencies } from '../backend.ts'
import { createPool } from '../instrumentation/pool.ts'
import { createListeners, listenForNotifications } from '../notifications.ts'
import { createProbe } from './health-probe.ts'

const connectTimeoutMs = 5_000
/** The server ends a statement that takes longer. */
const statementTimeoutMs = 10_000
/** The longest silence of a connection in use, for a server that vanished: longer than any statement may take. */
const silenceTimeoutMs = 12_000
/** An idle connection goes before its silence would look like that. */
const idleTimeoutMs = 10_000

/**
 * Makes no connection yet, so it works while the database is down.
 *
 * Two parameters of the URL are for the service and are those of Prisma's own URLs: `connection_limit` (default 10)
 * and `pgbouncer=true`, for a transaction pooler that knows no prepared statements (PgBouncer before 1.21) or
 * refuses startup parameters: no statement is named, and the server's own limit on a statement's time has to be
 * set there. Throws an Error for people when the URL is none.
 */
export function openPostgresql(url: string, deps: BackendDependencies): Backend {
  const { connectionString, max, pooler, name } = readUrl(url)
  const shared = {
    connectionString,
    application_name: pooler ? undefined : 'microposts',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  const pool = createPool(
    {
      ...shared,
      max,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      statement_timeout: pooler ? undefined : statementTimeoutMs,
      stream: () => impatientSocket(),
    },
    deps,
  )
  const probe = createProbe(shared)
  const notifications = pooler
    ? noNotifications()
    : listenForNotifications({ ...shared, connectionTimeoutMillis: connectTimeoutMs })
  return {
    kind: 'postgresql',
    name,
    pool,
    notifications,
    keepsStatements: !pooler,
    withConnection: async (use) => {
      const connection = new pg.Client({ ...shared, connectionTimeoutMillis: connectTimeoutMs })
      // A connection lost between two statements is told by the next one; without a listener it ends the process.
      connection.on('error', () => {})
      await connection.connect()
      return use(connection).finally(() => connection.end())
    },
    ping: probe.ping,
    close: async () => {
      await Promise.all([pool.end(), probe.close(), notifications.close()])
    },
  }
}

/** A transaction pooler hands out another connection for each transaction: none of them can listen. */
const noNotifications = () => ({ ...createListeners(), available: () => false, close: async () => {} })

function readUrl(text: string) {
  const url = URL.parse(text)
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error('DATABASE_URL is not of the form postgresql://user:password@host:5432/database.')
  const take = (parameter: string) => {
    const value = url.searchParams.get(parameter)
    url.searchParams.delete(parameter)
    return value
  }
  const max = Number(take('connection_limit') ?? 10)
  if (!Number.isInteger(max) || max < 1)
    throw new Error('connection_limit in DATABASE_URL is not a whole number from 1 on.')
  const schema = take('schema')
  if (schema && schema !== 'public')
    throw new Error(
      `schema=${schema} in DATABASE_URL is not supported; give the service a database of its own.`,
    )
  const pooler = take('pgbouncer') === 'true'
  return { connectionString: url.href, max, pooler, name: `${url.host}${url.pathname}` }
}

function impatientSocket(): Socket {
  const socket = new Socket()
  socket.setTimeout(silenceTimeoutMs, () => socket.destroy(new Error('The database fell silent.')))
  return socket
}
