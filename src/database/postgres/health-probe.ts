// Pings PostgreSQL on a connection of its own, so that a busy pool does not look like an unreachable server.
import pg from 'pg'

/** `ping` rejects when the server does not respond within `timeoutMs`; concurrent calls share one query. */
export function createHealthProbe(config: pg.PoolConfig, timeoutMs: number) {
  const pool = new pg.Pool({
    ...config,
    max: 1,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  })
  pool.on('error', () => {})
  let running: Promise<void> | undefined

  return {
    ping: (): Promise<void> => {
      running ??= query(pool, timeoutMs).finally(() => {
        running = undefined
      })
      return running
    },
    close: () => pool.end(),
  }
}

/** The pool's two timeouts apply one after the other; this one limits their sum. */
async function query(pool: pg.Pool, timeoutMs: number): Promise<void> {
  const result = pool.query('SELECT 1')
  result.catch(() => {})
  const timeout = AbortSignal.timeout(timeoutMs)
  await Promise.race([
    result,
    new Promise((_, reject) => {
      timeout.addEventListener('abort', () => reject(new Error('The database does not respond.')))
    }),
  ])
}
