// The CPU time of processes, and the CPU that they run on. Linux only: elsewhere the times are unknown.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import type { DatabaseEnv } from '../../database.ts'

/** CPU time so far in seconds (user and system, all threads) of each process that exists. */
export type CpuTimes = ReadonlyMap<number, number>

/** A process that did not start has no id. */
export type Pids = readonly (number | undefined)[]

const ticksPerSecond = 100

export function cpuTimes(pids: Pids): CpuTimes {
  const times = new Map<number, number>()
  for (const pid of pids) {
    const seconds = pid && cpuSeconds(pid)
    if (pid && seconds !== undefined) times.set(pid, seconds)
  }
  return times
}

/** The CPU seconds between two times; a process that started in between counts from its start. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): number {
  return [...after].reduce((total, [pid, seconds]) => total + seconds - (before.get(pid) ?? 0), 0)
}

function cpuSeconds(pid: number): number | undefined {
  try {
    // The second field is the name of the program, which may contain spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return undefined
  }
}

/** Makes all threads of the processes run on one CPU only. */
export function pin(pids: Pids, cpu: number) {
  for (const pid of pids) {
    if (pid === undefined) continue
    const { status, error, stderr } = spawnSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)])
    if (status !== 0) throw new Error(`taskset failed: ${error?.message ?? stderr}`)
  }
}

/** The processes of a PostgreSQL server on this machine that serve the database; none for the embedded one. */
export async function databasePids(env: DatabaseEnv): Promise<number[]> {
  if (!('DATABASE_URL' in env)) return []
  const client = new Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  const backends = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
  const { rows } = await client.query<{ pid: number }>(backends).finally(() => client.end())
  return rows.map(({ pid }) => pid)
}
