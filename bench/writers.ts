// Measures how many posts concurrent writers create.

import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { median, quantile } from '../harness/command-line/statistics.ts'
import { table } from '../harness/command-line/table.ts'
import { exitWithUsage, orZero, readOptions } from '../lib/command-line.ts'
import {
  startVariant,
  type Variant,
  type VariantName,
  variantNames,
  type Writer,
} from './writers/variants.ts'

const usage = `Usage: npm run bench -- writers [options]

Lets 1 to 32 writers, each another user, create one post after the other. Compares, in turn, the statement that creates
a post through pg alone, with and without NOTIFY in its transaction, and one and two instances of the service, with and
without notifications. Each has a database of its own.

  --rounds N           rounds (3)
  --seconds N          length of each measurement (1)
  --one-user           all writers are the same user, whose row each new post locks
  --streams N          open timeline streams per instance; each receives every post (0)
  --only VARIANT       measures this variant alone, such as "one instance"
  --database-url URL   the PostgreSQL server, whose user may create databases (TEST_DATABASE_URL)
  --json               prints the figures as JSON
  --help               shows this text

Each instance has a pool of 10 connections, so at most 10 of its writers are in the database at a time.
`

const defaults = {
  rounds: 3,
  seconds: 1,
  oneUser: false,
  streams: orZero(0),
  only: undefined,
  databaseUrl: process.env.TEST_DATABASE_URL,
  json: false,
}

const counts = [1, 2, 4, 8, 16, 32]
const warmUpMs = 3_000

type Round = { perSecond: number; durationsMs: number[] }
type Figures = { variant: string; writers: number; perSecond: number; p50Ms: number; p99Ms: number }

export async function writers(args: string[]): Promise<void> {
  const { rounds, seconds, oneUser, streams, only, databaseUrl, json } = readOptions(usage, defaults, args)
  if (!databaseUrl) exitWithUsage('--database-url or TEST_DATABASE_URL must name a PostgreSQL server.', usage)
  const users = Array.from({ length: Math.max(...counts) }, (_, index) => (oneUser ? 2 : index + 2))
  const variants: (Variant & { name: VariantName })[] = []
  try {
    for (const name of variantNames) {
      if (only && name !== only) continue
      showStatus(`starting ${name}`)
      variants.push({ name, ...(await startVariant(name, { databaseUrl, users, streams })) })
    }
    const figures = await measure(variants, rounds, seconds * 1_000)
    showStatus('')
    const text = json ? JSON.stringify({ machine: machine(), figures }, undefined, 2) : tableOf(figures)
    process.stdout.write(`${text}\n`)
    if (!json) process.stdout.write(`\n${rounds} rounds of ${seconds} s, on PostgreSQL, ${machine()}\n`)
  } finally {
    showStatus('')
    for (const { stop } of variants) await stop()
  }
}

/** The variants take turns. */
async function measure(variants: (Variant & { name: string })[], rounds: number, ms: number) {
  for (const { writers } of variants) await writeFor(writers, warmUpMs)
  const measured = counts.flatMap((count) =>
    variants.map(({ name, writers }) => ({ name, count, writers, rounds: [] as Round[] })),
  )
  for (let round = 1; round <= rounds; round++) {
    showStatus(`round ${round} of ${rounds}`)
    for (const { writers, count, rounds } of measured)
      rounds.push(await writeFor(writers.slice(0, count), ms))
  }
  return measured.map(({ name, count, rounds }): Figures => {
    const durations = rounds.flatMap(({ durationsMs }) => durationsMs)
    return {
      variant: name,
      writers: count,
      perSecond: median(rounds.map(({ perSecond }) => perSecond)),
      p50Ms: median(durations),
      p99Ms: quantile(durations, 0.99),
    }
  })
}

/** Each writer creates one post after the other. */
async function writeFor(writers: readonly Writer[], ms: number): Promise<Round> {
  const durationsMs: number[] = []
  const start = performance.now()
  const write = async (writer: Writer) => {
    for (let now = start; now < start + ms; ) {
      await writer()
      const begin = now
      now = performance.now()
      durationsMs.push(now - begin)
    }
  }
  await Promise.all(writers.map(write))
  return { perSecond: (1_000 * durationsMs.length) / (performance.now() - start), durationsMs }
}

function tableOf(figures: Figures[]): string {
  const head = ['posts/s (p50 / p99, ms)', ...counts.map((count) => `${count} writer${count > 1 ? 's' : ''}`)]
  const names = [...new Set(figures.map(({ variant }) => variant))]
  const cell = ({ perSecond, p50Ms, p99Ms }: Figures) =>
    `${perSecond.toFixed(0)} (${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)})`
  const rows = names.map((name) => [name, ...figures.filter(({ variant }) => variant === name).map(cell)])
  return table(head, rows)
}
