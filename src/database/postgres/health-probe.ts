// Tells whether the server answers, on a connection of its own: a busy pool does not make the database unreachable.
import pg from 'pg'

const limitMs = 2_000

/** Pings at the same time share one question. */
export function createProbe(config: pg.PoolConfig) {
  const pool = new pg.Pool({ ...config, max: 1, connectionTimeoutMillis: limitMs, query_timeout: limitMs })
  pool.on('error', () => {})
  let running: Promise<void> | undefined

  return {
    /** Rejects when there is no answer within two seconds. */
    ping: (): Promise<void> => {
      running ??= ask(pool).finally(() => {
        running = undefined
      })
      return running
    },
    close: () => pool.end(),
  }
}

async function ask(pool: pg.Pool): Promise<void> {
  const limit = AbortSignal.timeout(limitMs)
  const answer = pool.query('SELECT 1')
  answer.catch(() => {})
  await Promise.race([
    answer,
    new Promise((_, reject) => {
      limit.addEventListener('abort', () => reject(new Error('The database does not answer.')))
    }),
  ])
}
