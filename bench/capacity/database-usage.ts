// What PostgreSQL spent on the connections of one database. It must run on this machine, because Linux's /proc shows it.
import { readFile } from 'node:fs/promises'
import type { Client } from 'pg'

/** CPU time so far of the open connections, and the end of the write-ahead log. */
export type DatabaseUsage = { cpuUs: number; walBytes: number }

/**
 * Returns a function that reads the usage.
 *
 * @throws {Error} if the processes of PostgreSQL are not on this machine
 */
export function createDatabaseUsage(client: Client): () => Promise<DatabaseUsage> {
  /** Also of connections that have ended: the pool closes them after 10 s without work. */
  const cpuUsOf = new Map<number, number>()
  return async () => {
    const { rows } = await client.query<{ pids: number[] | null; wal: string }>(`
      SELECT array_agg(pid) AS "pids", pg_current_wal_lsn() - '0/0' AS "wal"
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
    const { pids, wal = '0' } = rows[0] ?? {}
    await Promise.all((pids ?? []).map(async (pid) => cpuUsOf.set(pid, await cpuUs(pid))))
    return { cpuUs: [...cpuUsOf.values()].reduce((sum, us) => sum + us, 0), walBytes: Number(wal) }
  }
}

/** The first number of schedstat is the time on a CPU in ns; /proc/PID/stat counts in steps of 10 ms. */
async function cpuUs(pid: number): Promise<number> {
  const schedstat = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => {
    throw new Error('PostgreSQL must run on this machine, on Linux: its CPU time is read from /proc.')
  })
  return Number(schedstat.split(' ')[0]) / 1e3
}
