// Compares the CPU time per request of the service with the limit: the same statements through node:http and pg alone.

import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase, type DatabaseEnv } from '../harness/database.ts'
import { fill } from '../harness/fill.ts'
import { call } from '../harness/http/client.ts'
import { readOptions } from '../lib/command-line.ts'
import { measureRound, warmUpRounds } from './load/measure.ts'
import { type ApiRequest, mixOf, requestsOf } from './load/send.ts'
import { usageOf } from './load/usage.ts'
import { figuresOf, figuresTable, type Measurements, scrapesOf } from './requests/report.ts'
import { type Program, serverVariants, startVariant, type VariantName } from './requests/variants.ts'

const usage = `Usage: npm run bench -- requests [options]

Sends the same requests to the limit (the same statements and JSON through node:http and pg alone), to the service with
telemetry off and on and with two workers, and to the service on the embedded database. Compares the CPU time of all
their processes, in turn. Takes some ten minutes.

  --rounds N           rounds (10)
  --requests N         requests of each kind in a round (1000)
  --connections N      requests at a time (8)
  --only VARIANT       compare the limit with this variant alone, such as "telemetry on"
  --database-url URL   a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL);
                       without it only the embedded database is measured
  --json               prints the figures as JSON
  --help               shows this text

The CPU time of PostgreSQL is not included; that of the embedded database is, because it runs inside the service. All
rate limits count and none refuses. Scrapes are measured on their own, between the rounds. Thousands of requests of each
kind come first, because a process is slower until its code is compiled. Each of two workers gets as many requests and
connections as a single process.
`

const defaults = {
  rounds: 10,
  requests: 1_000,
  connections: 8,
  only: undefined,
  databaseUrl: process.env.TEST_DATABASE_URL,
  json: false,
}

/** Enough for a search that fills its page from the newest posts. */
const posts = 10_000

export async function requests(args: string[]): Promise<void> {
  const options = readOptions(usage, defaults, args)
  const { rounds, requests: count, connections, only, databaseUrl, json } = options
  const cleanUps: (() => Promise<unknown>)[] = []
  const createFilled = async (url?: string): Promise<DatabaseEnv> => {
    const database = await createDatabase(url)
    cleanUps.unshift(database.drop)
    await fill(database.env, { posts }, (done) => showStatus(`${done} of ${posts} posts`))
    return database.env
  }
  try {
    const programs: Program[] = []
    const add = async (name: VariantName, database: DatabaseEnv) => {
      if (only && name !== only && name !== 'limit') return
      const program = await startVariant(name, database, connections)
      cleanUps.unshift(program.stop)
      programs.push(program)
    }
    if (databaseUrl) {
      const database = await createFilled(databaseUrl)
      for (const name of serverVariants) await add(name, database)
    }
    if (!only || only === 'embedded') await add('embedded', await createFilled())
    const onRound = (round: number) => showStatus(`round ${round} of ${rounds}`)
    const measurements = await measure(programs, { rounds, count, onRound })
    const figures = figuresOf(measurements)
    const scrapes = scrapesOf(measurements)
    const memory = await Promise.all(
      programs.map(async ({ name, process }) => memoryOf(name, await usageOf(process))),
    )
    showStatus('')
    if (json)
      process.stdout.write(
        `${JSON.stringify({ machine: machine(), figures, memory, scrapes }, undefined, 2)}\n`,
      )
    else
      process.stdout.write(`${figuresTable(figures, programs[0]?.name ?? '')}

${table(
  ['after the load', 'resident memory, MB'],
  memory.map(({ variant, megabytes }) => [variant, megabytes]),
)}

${table(
  ['CPU per scrape', 'median, ms'],
  scrapes.map(({ variant, ms }) => [variant, ms.toFixed(1)]),
)}

${rounds} rounds of ${count} requests of each kind, ${connections} at a time, on ${machine()}
`)
  } finally {
    showStatus('')
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

type Plan = { rounds: number; count: number; onRound: (round: number) => void }

async function measure(programs: Program[], { rounds, count, onRound }: Plan): Promise<Measurements> {
  const kinds = await kindsOf(programs.at(-1)?.url ?? '')
  await checkSameResponses(programs, kinds)
  const measurements: Measurements = new Map()
  for (const kind of Object.keys(kinds))
    measurements.set(kind, new Map(programs.map(({ name }) => [name, []])))
  for (let round = 1 - warmUpRounds(count); round <= rounds; round++) {
    onRound(Math.max(round, 0))
    for (const [kind, mix] of Object.entries(kinds)) {
      const measured = await measureRound(programs, mix, count)
      if (round < 1) continue
      for (const [index, measurement] of measured.entries())
        measurements
          .get(kind)
          ?.get(programs[index]?.name ?? '')
          ?.push(measurement)
    }
  }
  return measurements
}

/** Rejects if the response of a variant to a GET differs from the response of the limit. */
async function checkSameResponses(programs: Program[], kinds: Record<string, ApiRequest[]>): Promise<void> {
  const [baseline, ...others] = programs.filter(({ name }) => name !== 'embedded')
  for (const { method, path, options } of Object.values(kinds).flat()) {
    if (method !== 'GET' || !baseline) continue
    const textOf = async ({ url }: Program) =>
      (await call({ url }, method, path, options)).text.replaceAll(url, '')
    const expected = await textOf(baseline)
    for (const program of others)
      if ((await textOf(program)) !== expected)
        throw new Error(`${path}: ${program.name} responds with other JSON than ${baseline.name}.`)
  }
}

/** Each kind is a list of requests that are sent in turn. */
async function kindsOf(url: string): Promise<Record<string, ApiRequest[]>> {
  const all = await requestsOf(url)
  const single = Object.entries(all).map(([kind, request]) => [kind, [request]] as const)
  return { ...Object.fromEntries(single), mix: mixOf(all) }
}

const memoryOf = (variant: string, { rssBytes }: { rssBytes: number }) => ({
  variant,
  megabytes: Math.round(rssBytes / 2 ** 20),
})
