// How long the service takes from its start until it is ready.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { machine } from '../harness/command-line/machine.ts'
import { table } from '../harness/command-line/table.ts'

const HELP = `Starts the service again and again and measures the time until /readyz answers 200.

  npm run bench:start -- [--rounds 5] [--server postgresql://user@host/postgres]

"first" has no tables yet (embedded: no folder either), "again" follows an orderly stop, "after SIGKILL" does not.
The user of --server (default: TEST_DATABASE_URL) may create databases; without one only the embedded is measured.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    server: { type: 'string', default: process.env.TEST_DATABASE_URL },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(HELP)
else await run(Number(values.rounds), values.server)

async function run(rounds: number, server: string | undefined): Promise<void> {
  const rows = new Map<string, { limit: string; times: number[] }>()
  for (let round = 0; round < rounds; round++) {
    await measureEmbedded((name, limit, ms) => note(rows, `embedded, ${name}`, limit, ms))
    if (server) await measureServer(server, (name, limit, ms) => note(rows, `PostgreSQL, ${name}`, limit, ms))
    if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${rounds}`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const head = ['start to ready, ms', 'median', 'longest', 'target']
  const body = [...rows].map(([name, { limit, times }]) => [name, median(times), Math.max(...times), limit])
  process.stdout.write(`${table(head, body)}\n\n${rounds} rounds on ${machine()}\n`)
  if (!server) process.stdout.write('PostgreSQL was not measured: no --server, no TEST_DATABASE_URL.\n')
}

type Note = (name: string, limit: string, ms: number) => void

async function measureEmbedded(note: Note): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-bench-'))
  const env = { DATA_DIR: join(folder, 'data') }
  note('first', '≤ 3000', await measureStart(env, 'SIGTERM'))
  note('again', '≤ 1500', await measureStart(env, 'SIGKILL'))
  note('after SIGKILL', '≤ 1500', await measureStart(env, 'SIGTERM'))
  await rm(folder, { recursive: true })
}

async function measureServer(server: string, note: Note): Promise<void> {
  const admin = new Client({ connectionString: server })
  await admin.connect()
  const name = `microposts_bench_${process.pid}`
  await admin.query(`CREATE DATABASE "${name}"`)
  const url = new URL(server)
  url.pathname = `/${name}`
  note('first', '≤ 1000', await measureStart({ DATABASE_URL: url.href }, 'SIGTERM'))
  note('again', '≤ 1000', await measureStart({ DATABASE_URL: url.href }, 'SIGTERM'))
  await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`)
  await admin.end()
}

/** Milliseconds from the spawn to the first 200; the process then ends by this signal. */
async function measureStart(env: Record<string, string>, signal: NodeJS.Signals): Promise<number> {
  const start = performance.now()
  const service = spawn(process.execPath, ['--import', './otel/register.ts', 'src/main.ts'], {
    env: { PATH: process.env.PATH, PORT: '0', OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(service, 'exit')
  const url = await listening(service)
  while (!(await isReady(url))) await setTimeout(5)
  const ms = performance.now() - start
  service.kill(signal)
  await ended
  return ms
}

function listening({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('The service has no standard output.')
  const lines = createInterface(stdout)
  return new Promise((resolve, reject) => {
    lines.on('close', () => reject(new Error('The service ended before it listened.')))
    lines.on('line', (line) => {
      const { msg, url } = JSON.parse(line)
      if (msg === 'listening') resolve(url)
    })
  })
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function note(
  rows: Map<string, { limit: string; times: number[] }>,
  name: string,
  limit: string,
  ms: number,
) {
  const row = rows.get(name) ?? { limit, times: [] }
  row.times.push(Math.round(ms))
  rows.set(name, row)
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
