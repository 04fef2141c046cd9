// A pg.Pool that measures how long connections are waited for and used, and keeps those that are sound.
import pg from 'pg'
import type { BackendDependencies } from '../backend.ts'

type Callback = (
  error: Error | undefined,
  connection: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void

/** `config.max` bounds the connections; waiting for one is bounded by `config.connectionTimeoutMillis`. */
export function createPool(
  config: pg.PoolConfig & { max: number },
  { metrics, log }: BackendDependencies,
): pg.Pool {
  const pool = new MeasuredPool(config, metrics)
  // An idle connection that breaks is replaced when one is next needed; without a listener it ends the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'idle database connection lost'))
  metrics.observePool(() => ({
    idle: pool.idleCount,
    used: pool.totalCount - pool.idleCount,
    max: config.max,
    pending: pool.waitingCount,
  }))
  return pool
}

/** A class because Prisma's adapter asks for an instance of pg.Pool. */
class MeasuredPool extends pg.Pool {
  readonly #metrics: BackendDependencies['metrics']

  constructor(config: pg.PoolConfig, metrics: BackendDependencies['metrics']) {
    super(config)
    this.#metrics = metrics
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Callback): void
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    if (!callback)
      return new Promise((resolve, reject) => {
        this.connect((error, connection) =>
          connection ? resolve(connection) : reject(error ?? new Error('No database connection.')),
        )
      })
    const start = performance.now()
    super.connect((error, connection, release) => {
      if (connection) {
        this.#metrics.connectionWaited(secondsSince(start))
        this.#measureUse(connection)
      } else if (error && isTimeout(error)) this.#metrics.connectionTimedOut()
      callback(error, connection, connection ? connection.release.bind(connection) : release)
    })
  }

  #measureUse(connection: pg.PoolClient): void {
    const start = performance.now()
    const release = connection.release
    connection.release = (error) => {
      this.#metrics.connectionUsed(secondsSince(start))
      // pg-pool drops a connection after any error, a duplicate key among them; only a broken one has to go.
      release(isStatementError(error) ? undefined : error)
    }
  }
}

const secondsSince = (start: number) => (performance.now() - start) / 1000

/** pg-pool's two ways of giving up: no connection came free, or a new one was not made in time. */
function isTimeout(error: Error): boolean {
  return /^timeout exceeded|due to connection timeout$/.test(error.message)
}

function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}
