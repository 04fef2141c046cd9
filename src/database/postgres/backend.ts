// PostgreSQL: a bounded pool, and a timeout for everything that could wait.
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { Backend, BackendDependencies } from '../backend.ts'
import { createPool } from '../instrumentation/pool.ts'
import { listenForNotifications, noNotifications } from '../notifications.ts'
import { createHealthProbe } from './health-probe.ts'
import { createSockets } from './sockets.ts'

const pingTimeoutMs = 2_000
const connectTimeoutMs = 5_000
/** The server cancels a statement that takes longer. */
const statementTimeoutMs = 10_000
/** Closes idle connections before their silence would look like a vanished server. */
const idleTimeoutMs = 10_000
/** A server that vanished never confirms the end of a connection; process managers do not wait for that. */
const closeTimeoutMs = 1_500

/**
 * Opens no connection yet, so it works while the server is down.
 *
 * Two parameters of the URL configure the service; their names are those of Prisma's own URLs. `connection_limit` is the
 * size of the pool (default 10). `pgbouncer=true` is for a transaction pooler without prepared statements (PgBouncer
 * before 1.21) or startup parameters: statements are then unnamed, and the server has to limit their time itself.
 */
export function openPostgresql(url: string, deps: BackendDependencies): Backend {
  const { connectionString, max, pooler, name } = readUrl(url)
  const sockets = createSockets()
  const borrowed = new Set<Promise<unknown>>()
  const shared = {
    connectionString,
    application_name: pooler ? undefined : 'microposts',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
  // Also for the probe: a pooler that rejects this parameter must make the service unready.
  const limited = { ...shared, statement_timeout: pooler ? undefined : statementTimeoutMs }
  const pool = createPool(
    {
      ...limited,
      max,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleTimeoutMs,
      stream: () => sockets.create(),
    },
    deps,
  )
  // Without a limit on silence: the probe has its own timeout, notifications may be rare, and migrations may be slow.
  const patient = { ...shared, stream: () => sockets.create(0) }
  const probe = createHealthProbe({ ...limited, stream: patient.stream }, pingTimeoutMs)
  const notifications = pooler
    ? undefined
    : listenForNotifications({ ...patient, connectionTimeoutMillis: connectTimeoutMs })
  return {
    kind: 'postgresql',
    name,
    pool,
    notifications: notifications ?? noNotifications,
    keepsStatements: !pooler,
    withConnection: (use) => {
      const using = useConnection({ ...patient, connectionTimeoutMillis: connectTimeoutMs }, use)
      borrowed.add(using)
      return using.finally(() => borrowed.delete(using))
    },
    ping: probe.ping,
    close: async () => {
      const closed = Promise.allSettled([pool.end(), probe.close(), notifications?.close(), ...borrowed])
      await Promise.race([closed, setTimeout(closeTimeoutMs, undefined, { ref: false })])
      sockets.destroyAll()
      await closed
    },
  }
}

async function useConnection<T>(config: pg.ClientConfig, use: (connection: pg.ClientBase) => Promise<T>) {
  const connection = new pg.Client(config)
  // The next statement reports a lost connection. Without a listener the loss would crash the process.
  connection.on('error', ignore)
  await connection.connect()
  return use(connection).finally(() => connection.end())
}

const ignore = () => {}

function readUrl(text: string) {
  const url = new URL(text)
  const take = (parameter: string) => {
    const value = url.searchParams.get(parameter)
    url.searchParams.delete(parameter)
    return value
  }
  const max = Number(take('connection_limit') ?? 10)
  const pooler = take('pgbouncer') === 'true'
  take('schema')
  return { connectionString: url.href, max, pooler, name: `${url.host}${url.pathname}` }
}
