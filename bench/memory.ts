// Measures the memory of the service: idle, during load and afterwards.
import { setTimeout } from 'node:timers/promises'
import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { createDatabase } from '../harness/database.ts'
import { fill } from '../harness/fill.ts'
import { readOptions } from '../lib/command-line.ts'
import { mixOf, requestsOf, sendLoad } from './load/send.ts'
import { memoryTable, type Row } from './memory/report.ts'
import { sampleProcesses } from './memory/sample.ts'
import { type Program, startVariant, type VariantName } from './requests/variants.ts'

const settleSeconds = 3
const restSeconds = 30

const usage = `Usage: npm run bench -- memory [options]

Starts the service, and samples the memory of each of its processes ${settleSeconds} seconds later, after every minute of load and
${restSeconds} seconds after its end. Measures one variant after the other, which takes some seven minutes.

  --minutes N          minutes of load (1)
  --connections N      requests at a time, to each worker if there are several (256)
  --only VARIANT       measures this variant alone: "telemetry on", "telemetry off", "two workers" or embedded
  --database-url URL   a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL);
                       without it only the embedded database is measured
  --json               prints the figures as JSON
  --help               shows this text

The load is the mix of the benchmark "requests", one write in ten. The service has no overload protection, so that all
connections are busy at the same time. "Proportional" divides a page that several processes share among them.
`

const defaults = {
  minutes: 1,
  connections: 256,
  only: undefined,
  databaseUrl: process.env.TEST_DATABASE_URL,
  json: false,
}

const posts = 10_000
/** On a slow machine, a request may wait too long for a database connection. */
const accepted = [200, 201, 503]
const onServer: VariantName[] = ['telemetry on', 'telemetry off', 'two workers']

export async function memory(args: string[]): Promise<void> {
  const { minutes, connections, only, databaseUrl, json } = readOptions(usage, defaults, args)
  const rows: Row[] = []
  try {
    for (const name of [...(databaseUrl ? onServer : []), 'embedded'] as const)
      if (!only || name === only)
        rows.push(...(await measureVariant(name, { minutes, connections, databaseUrl })))
  } finally {
    showStatus('')
  }
  if (json) process.stdout.write(`${JSON.stringify({ machine: machine(), rows }, undefined, 2)}\n`)
  else
    process.stdout.write(
      `${memoryTable(rows)}\n\n${minutes} min of load, ${connections} requests at a time, on ${machine()}\n`,
    )
}

type Load = { minutes: number; connections: number; databaseUrl: string | undefined }

async function measureVariant(name: VariantName, { minutes, connections, databaseUrl }: Load) {
  const database = await createDatabase(name === 'embedded' ? undefined : databaseUrl)
  try {
    await fill(database.env, { posts }, (done) => showStatus(`${name}: ${done} of ${posts} posts`))
    // A first start keeps its compiled code, and so occupies more memory than every later one.
    await (await startVariant(name, database.env, connections)).stop()
    const program = await startVariant(name, database.env, connections)
    try {
      return await measure(program, minutes)
    } finally {
      await program.stop()
    }
  } finally {
    await database.drop()
  }
}

async function measure(program: Program, minutes: number): Promise<Row[]> {
  const rows: Row[] = []
  const sample = async (state: string) => {
    const samples = await sampleProcesses(program.process)
    for (const [index, one] of samples.entries())
      rows.push({ variant: program.name, process: processName(index, samples.length), state, ...one })
  }
  await setTimeout(settleSeconds * 1_000)
  await sample('idle')
  const mix = mixOf(await requestsOf(program.url))
  for (let minute = 1; minute <= minutes; minute++) {
    showStatus(`${program.name}: minute ${minute} of ${minutes}`)
    const end = performance.now() + 60_000
    while (performance.now() < end) await sendLoad(program, mix, program.agent.maxSockets * 10, accepted)
    await sample(`after ${minute} min`)
  }
  showStatus(`${program.name}: rest`)
  await setTimeout(restSeconds * 1_000)
  await sample(`${restSeconds} s later`)
  return rows
}

/** A single process needs no name. */
const processName = (index: number, count: number) =>
  count === 1 ? '' : index === 0 ? 'primary' : `worker ${index}`
