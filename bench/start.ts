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

const usage = `Usage: npm run bench -- start [options]

Starts the service repeatedly and measures the time until /readyz returns 200.

  --rounds N           starts of each kind (5)
  --database-url URL   also measures a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text

"first" starts on a database without tables. "again" follows a shutdown, "after SIGKILL" a killed process.
`

type Measurements = Map<string, { target: string; times: number[] }>

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
  const head = ['start to ready, ms', 'median', 'longest', 'target']
  const rows = [...measurements].map(([name, { target, times }]) => [
    name,
    median(times),
    Math.max(...times),
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
  note(measurements, 'embedded, first', '≤ 3000', await measureStart(env, 'SIGTERM'))
  note(measurements, 'embedded, again', '≤ 1500', await measureStart(env, 'SIGKILL'))
  note(measurements, 'embedded, after SIGKILL', '≤ 1500', await measureStart(env, 'SIGTERM'))
  await drop()
}

async function measureServer(measurements: Measurements, serverUrl: string): Promise<void> {
  const { env, drop } = await createDatabase(serverUrl)
  note(measurements, 'PostgreSQL, first', '≤ 1000', await measureStart(env, 'SIGTERM'))
  note(measurements, 'PostgreSQL, again', '≤ 1000', await measureStart(env, 'SIGTERM'))
  await drop()
}

/** Returns the milliseconds from starting the process to the first 200. The signal then ends the process. */
async function measureStart(env: DatabaseEnv, signal: NodeJS.Signals): Promise<number> {
  const start = performance.now()
  const service = runService(env)
  const { url } = await service.logged('listening')
  while (!(await isReady(String(url)))) await setTimeout(5)
  const ms = performance.now() - start
  service.kill(signal)
  await service.exited
  return ms
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function note(measurements: Measurements, name: string, target: string, ms: number): void {
  const measured = measurements.get(name) ?? { target, times: [] }
  measurements.set(name, measured)
  measured.times.push(Math.round(ms))
}
