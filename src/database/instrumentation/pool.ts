// A pg.Pool that records connection waits and uses, and keeps connections after errors of statements.
import pg from 'pg'
import type { BackendDependencies } from '../backend.ts'

type Callback = (
  error: Error | undefined,
  connection: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void

/** Creates an instrumented pool of at most `config.max` connections. */
export function createPool(
  config: pg.PoolConfig & { max: number },
  { metrics, log }: BackendDependencies,
): InstrumentedPool {
  const pool = new InstrumentedPool(config, metrics)
  // The pool replaces a lost idle connection on demand. Without a listener the loss would crash the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'idle database connection lost'))
  metrics.observePool(() => ({
    idle: pool.idleCount,
    used: pool.totalCount - pool.idleCount,
    max: config.max,
    pending: pool.waitingCount,
  }))
  return pool
}

/** A class, because Prisma's adapter requires an instance of pg.Pool. */
class InstrumentedPool extends pg.Pool {
  readonly #metrics: BackendDependencies['metrics']
  /** The requests for a connection, oldest first. */
  readonly #waiting = new Set<{ start: number }>()

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
    const wait = { start: performance.now() }
    this.#waiting.add(wait)
    super.connect((error, connection, release) => {
      this.#waiting.delete(wait)
      if (connection) {
        this.#metrics.connectionWaited(secondsSince(wait.start))
        this.#recordUse(connection)
      } else if (error && isTimeout(error)) this.#metrics.connectionTimedOut()
      callback(error, connection, connection ? connection.release.bind(connection) : release)
    })
  }

  /** How long the longest-waiting request for a connection has waited. */
  delayMs(): number {
    const [oldest] = this.#waiting
    return oldest ? performance.now() - oldest.start : 0
  }

  #recordUse(connection: pg.PoolClient): void {
    const start = performance.now()
    const release = connection.release
    connection.release = (error) => {
      this.#metrics.connectionUsed(secondsSince(start))
      // pg-pool closes a connection that is released with any error, even a duplicate key; it is still usable then.
      release(isStatementError(error) ? undefined : error)
    }
  }
}

const secondsSince = (start: number) => (performance.now() - start) / 1000

/** Whether pg-pool timed out, waiting for a free connection or while it opened one. */
function isTimeout(error: Error): boolean {
  return /^timeout exceeded|due to connection timeout$/.test(error.message)
}

function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR'
}
