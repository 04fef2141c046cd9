// Measures the time from the start of the service until it is ready.
import { rm } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { median } from '../harness/command-line/statistics.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase, type DatabaseEnv } from '../harness/database.ts'
import { runService } from '../harness/service.ts'
import { readOptions } from '../lib/command-line.ts'
import { usageOf } from './load/usage.ts'

const usage = `Usage: npm run bench -- start [options]

Starts the service repeatedly and measures the time until /readyz returns 200.

  --rounds N           starts of each kind (5)
  --database-url URL   also measures a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text

CPU time is that of all threads of the process; it hardly depends on other load. "first" starts on a database without
tables. "again" follows a shutdown, "after SIGKILL" a killed process.
`

type Start = { ms: number; cpuMs: number }
type Measurements = Map<string, { target: string; starts: Start[] }>

const defaults = { rounds: 5, databaseUrl: process.env.TEST_DATABASE_URL }

export async function start(args: string[]): Promise<void> {
  const { rounds, databaseUrl } = readOptions(usage, defaults, args)
  const measurements: Measurements = new Map()
  for (let round = 1; round <= rounds; round++) {
    showStatus(`round ${round} of ${rounds}`)
    await measureEmbedded(measurements)
    if (databaseUrl) await measureServer(measurements, databaseUrl)
  }
  showStatus('')
  const head = ['start to ready, ms', 'median', 'longest', 'CPU time', 'target']
  const rows = [...measurements].map(([name, { target, starts }]) => [
    name,
    Math.round(median(starts.map(({ ms }) => ms))),
    Math.round(Math.max(...starts.map(({ ms }) => ms))),
    Math.round(median(starts.map(({ cpuMs }) => cpuMs))),
    target,
  ])
  process.stdout.write(`${table(head, rows)}\n\n${rounds} rounds on ${machine()}\n`)
  if (!databaseUrl)
    process.stdout.write(
      'PostgreSQL was not measured: neither --database-url nor TEST_DATABASE_URL is set.\n',
    )
}

async function measureEmbedded(measurements: Measurements): Promise<void> {
  const { env, drop } = await createDatabase()
  // The first start also creates the folder.
  if ('DATA_DIR' in env) await rm(env.DATA_DIR, { recursive: true })
  note(measurements, 'embedded, first', '≤ 2000', await measureStart(env, 'SIGTERM'))
  note(measurements, 'embedded, again', '≤ 1200', await measureStart(env, 'SIGKILL'))
  note(measurements, 'embedded, after SIGKILL', '≤ 1200', await measureStart(env, 'SIGTERM'))
  await drop()
}

async function measureServer(measurements: Measurements, serverUrl: string): Promise<void> {
  const { env, drop } = await createDatabase(serverUrl)
  note(measurements, 'PostgreSQL, first', '≤ 700', await measureStart(env, 'SIGTERM'))
  note(measurements, 'PostgreSQL, again', '≤ 700', await measureStart(env, 'SIGTERM'))
  await drop()
}

/** Measures from starting the process to the first 200. The signal then ends the process. */
async function measureStart(env: DatabaseEnv, signal: NodeJS.Signals): Promise<Start> {
  const start = performance.now()
  const preload = ['./otel/register.ts', './bench/load/report-usage.ts']
  const service = runService(env, { preload, ipc: true })
  const { url } = await service.logged('listening')
  while (!(await isReady(String(url)))) await setTimeout(5)
  const ms = performance.now() - start
  const { cpuUs } = await usageOf(service.process)
  service.kill(signal)
  await service.exited
  return { ms, cpuMs: cpuUs / 1000 }
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function note(measurements: Measurements, name: string, target: string, start: Start): void {
  const measured = measurements.get(name) ?? { target, starts: [] }
  measurements.set(name, measured)
  measured.starts.push(start)
}
