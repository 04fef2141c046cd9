// What telemetry costs: the CPU of the same requests to the same service, measured in different ways.
import { parseArgs } from 'node:util'
import { machine } from '../harness/command-line/machine.ts'
import { createDatabase } from './database.ts'
import { fill } from './growth/fill.ts'
import { costs, generatorUs } from './telemetry/report.ts'
import { type Measurements, measureVariants } from './telemetry/rounds.ts'
import { startCollector, type Variant, variantsOf } from './telemetry/variants.ts'

const HELP = `Starts the service once for each way to measure it, on one database, and sends each the same requests in turn.

  npm run bench:telemetry -- [--rounds 10] [--requests 2000] [--processes 2] [--server postgresql://user@host/postgres]

"off" is OTEL_SDK_DISABLED=true, "on" every metric there is; "prom-client" is the same service with its src/metrics/instruments.ts
replaced by one for prom-client. Each round sends each so many requests of a kind, 4 at a time, and scrapes it once.
After so many rounds all processes are replaced, since two of the same are not equally fast; twice the same, "off", in
each round shows how little that can be told from noise. The ratios are to the mean of these two, round by round.

It takes some ten minutes. The user of --server (default: TEST_DATABASE_URL) may create databases. Without one the
embedded database is used, which computes inside of the service: its CPU is then in every figure, and the ratios are
too good.
`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    requests: { type: 'string', default: '2000' },
    processes: { type: 'string', default: '2' },
    server: { type: 'string', default: process.env.TEST_DATABASE_URL },
    help: { type: 'boolean', default: false },
  },
})

/** Enough for a list; more would only take longer to fill. */
const posts = 2_000

if (values.help) process.stdout.write(HELP)
else
  await run().catch((error: Error) => {
    process.exitCode = 1
    process.stderr.write(`${error.message}\n`)
  })

async function run(): Promise<void> {
  const [rounds, requests, processes] = [whole('rounds'), whole('requests'), whole('processes')]
  const stops: (() => Promise<unknown>)[] = []
  try {
    const collector = await startCollector()
    stops.unshift(collector.stop)
    const variants = variantsOf(collector.url)
    const databases = await createDatabases(variants, stops)
    const measurements: Measurements = new Map()
    for (let number = 1; number <= processes; number++) {
      const onRound = (round: number) =>
        progress(`processes ${number} of ${processes}, round ${round} of ${rounds}`)
      await measureVariants(databases, measurements, { rounds, requests, onRound })
    }
    const names = variants.map(({ name }) => name)
    progress('')
    process.stdout.write(`${costs(names, measurements)}\n\n${footnotes(measurements)}`)
  } finally {
    progress('')
    for (const stop of stops) await stop()
  }
}

/** One for all on a server; the embedded database takes one process, so that there each variant has its own. */
async function createDatabases(variants: Variant[], stops: (() => Promise<unknown>)[]) {
  const shared = values.server && (await createFilled(stops))
  const placed: (Variant & { database: Record<string, string> })[] = []
  for (const variant of variants) placed.push({ ...variant, database: shared || (await createFilled(stops)) })
  return placed
}

async function createFilled(stops: (() => Promise<unknown>)[]): Promise<Record<string, string>> {
  const database = await createDatabase(values.server)
  stops.unshift(database.drop)
  await fill(database, posts, (done) => progress(`${done} of ${posts} posts`))
  return database.env
}

function footnotes(measurements: Measurements): string {
  const { processes, rounds, requests, server } = values
  const where = server ? 'PostgreSQL, whose CPU is not in it' : 'the embedded database, whose CPU is in it'
  return `${processes} processes of each, ${rounds} rounds of ${requests} requests, on ${where}.
Requests a second are those of one process beside a load generator that takes ${generatorUs(measurements)} µs of CPU a request.
${machine()}
`
}

function whole(name: 'rounds' | 'requests' | 'processes'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} ${values[name]} is not a whole number from 1 on.`)
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
