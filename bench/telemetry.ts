// Compares the CPU time per request of services whose telemetry is off, on and pushed, and with other libraries.

import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { createDatabase, type DatabaseEnv } from '../harness/database.ts'
import { fill } from '../harness/fill.ts'
import { startCollector } from '../harness/telemetry/otlp-sink.ts'
import { readOptions } from '../lib/command-line.ts'
import { type Measurements, measureVariants } from './telemetry/measure.ts'
import { profileParts } from './telemetry/profile/profile.ts'
import { costs, generatorUs, scrapeCosts } from './telemetry/report.ts'
import { variantsOf } from './telemetry/variants.ts'

const usage = `Usage: npm run bench -- telemetry [options]

Starts a service for each variant of telemetry, on one database, sends all of them the same requests and compares their
CPU time. Takes some ten minutes.

  --rounds N           rounds of each process (10)
  --requests N         requests of each kind in a round (2000)
  --processes N        times that all processes are replaced (2)
  --profile            instead, shows what each part of our telemetry costs a request, from a CPU profile of 20,000
                       requests of each kind
  --database-url URL   a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL);
                       without it the embedded database is used
  --help               shows this text

"off" loads no telemetry, "on" records and exposes every metric, and "stock OpenTelemetry" records them with the SDK,
instrumentation-http, a context manager (AsyncLocalStorage) and the stock exporter. "prom-client" and "@prometheus-io/client"
record the same metrics with these packages instead of OpenTelemetry. Each round sends 4 requests at a time and then scrapes
each service once; the CPU time of a scrape has rows of its own, because Prometheus scrapes at intervals, not per request.
Processes of the same code differ in speed, so they are replaced, and two variants are both "off": their difference is
the noise. Ratios are to the mean of these two in the same round. The embedded database runs inside the service: its CPU
time is in every figure, so the ratios are too low.
`

const defaults = {
  rounds: 10,
  requests: 2_000,
  processes: 2,
  profile: false,
  databaseUrl: process.env.TEST_DATABASE_URL,
}

/** Enough for a list; more would only take longer to insert. */
const posts = 2_000
const profiledRequests = 20_000

export async function telemetry(args: string[]): Promise<void> {
  const { rounds, requests, processes, profile, databaseUrl } = readOptions(usage, defaults, args)
  const cleanUps: (() => Promise<unknown>)[] = []
  const createFilled = async (): Promise<DatabaseEnv> => {
    const database = await createDatabase(databaseUrl)
    cleanUps.unshift(database.drop)
    await fill(database.env, { posts }, (done) => showStatus(`${done} of ${posts} posts`))
    return database.env
  }
  const database = databaseUrl
    ? 'PostgreSQL, excluding its CPU time'
    : 'the embedded database, including its CPU time'
  try {
    if (profile) {
      const parts = await profileParts(await createFilled(), profiledRequests)
      showStatus('')
      process.stdout.write(`${parts}\n\nFrom a CPU profile, on ${database}.\n${machine()}\n`)
      return
    }
    const collector = await startCollector({ discard: true })
    cleanUps.unshift(async () => collector.stop())
    // All variants share a database on a server; an embedded database serves one process only.
    const shared = databaseUrl && (await createFilled())
    const variants = []
    for (const variant of variantsOf(collector.httpUrl))
      variants.push({ ...variant, database: shared || (await createFilled()) })

    const measurements: Measurements = new Map()
    for (let number = 1; number <= processes; number++) {
      const onRound = (round: number) =>
        showStatus(`processes ${number} of ${processes}, round ${round} of ${rounds}`)
      await measureVariants(variants, measurements, { rounds, requests, onRound })
    }
    const names = variants.map(({ name }) => name)
    showStatus('')
    process.stdout.write(`${costs(names, measurements)}

${scrapeCosts(names, measurements)}

${processes} processes of each variant, ${rounds} rounds of ${requests} requests, on ${database}.
The requests per second are those of one process next to a load generator, which takes ${generatorUs(measurements)} µs of CPU per request.
${machine()}
`)
  } finally {
    showStatus('')
    for (const cleanUp of cleanUps) await cleanUp()
  }
}
