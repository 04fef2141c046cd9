// PostgreSQL: a bounded pool, and a timeout for everything that could wait.
import { Socket } from 'node:net'
import pg from 'pg'
import type { Backend, BackendDependencies } from '../backend.ts'
import { createPool } from '../instrumentation/pool.ts'
import { createListeners, listenForNotifications } from '../notifications.ts'
import { createHealthProbe } from './health-probe.ts'

const pingTimeoutMs = 2_000
const connectTimeoutMs = 5_000
/** The server cancels a statement that takes longer. */
const statementTimeoutMs = 10_000
/** Detects a server that vanished. Longer than any statement may take, because a running statement is silent. */
const silenceTimeoutMs = 12_000
/** Closes idle connections before their silence would look like a vanished server. */
const idleTimeoutMs = 10_000

/**
 * Opens no connection yet, so it works while the server is down.
 *
 * Two parameters of the URL configure the service; their names are those of Prisma's own URLs. `connection_limit` is the
 * size of the pool (default 10). `pgbouncer=true` is for a transaction pooler without prepared statements (PgBouncer
 * before 1.21) or startup parameters: statements are then unnamed, and the server has to limit their time itself.
 *
 * Throws an Error whose message is shown to the operator when the URL is invalid.
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
      stream: createSocket,
    },
    deps,
  )
  const probe = createHealthProbe(shared, pingTimeoutMs)
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
      // The next statement reports a lost connection. Without a listener the loss would crash the process.
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

/** A transaction pooler assigns a server connection to each transaction, so LISTEN does not work. */
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
    throw new Error('connection_limit in DATABASE_URL must be a whole number of at least 1.')
  const schema = take('schema')
  if (schema && schema !== 'public')
    throw new Error(
      `schema=${schema} in DATABASE_URL is not supported; give the service a database of its own.`,
    )
  const pooler = take('pgbouncer') === 'true'
  return { connectionString: url.href, max, pooler, name: `${url.host}${url.pathname}` }
}

function createSocket(): Socket {
  const socket = new Socket()
  socket.setTimeout(silenceTimeoutMs, () => socket.destroy(new Error('The database fell silent.')))
  return socket
}
