// Measures the costs from which `npm run capacity` computes what a load needs, and checks what it predicts.

import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { type Costs, costsFile, type Kind, kinds } from '../harness/capacity/costs.ts'
import { bytes, type Load, mixedCosts, needsOf } from '../harness/capacity/model.ts'
import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase } from '../harness/database.ts'
import { fill, followees } from '../harness/fill.ts'
import { exitWithUsage, readOptions } from '../lib/command-line.ts'
import { measureLimits } from './capacity/limits.ts'
import { type Program, startProgram } from './capacity/program.ts'
import { kindsOf, measure, measureFollowee, measureKinds, mixOf } from './capacity/requests.ts'
import { measureRows, measureSize } from './capacity/rows.ts'
import { measureStreams } from './capacity/streams.ts'

const usage = `Usage: npm run bench -- capacity [options]

Measures what each kind of request, row and stream costs the service and PostgreSQL. Then it compares what the model of
\`npm run capacity\` predicts from these costs with what it measures: a mix of requests at full load, and the size of a
database ten times as large. Takes some five minutes.

  --posts N            posts in the large database (1000000)
  --users N            users in the large database (10000)
  --requests N         requests of each kind (4000)
  --connections N      requests at a time (8)
  --database-url URL   a PostgreSQL server on this machine, whose user may create databases (TEST_DATABASE_URL)
  --save               writes the costs to ${costsFile}
  --help               shows this text

Exits with 1 if a prediction is off by more than 25 %.
`

const defaults = {
  posts: 1_000_000,
  users: 10_000,
  requests: 4_000,
  connections: 8,
  databaseUrl: process.env.TEST_DATABASE_URL,
  save: false,
}
const followsOfUser = 50
const streamsOfUser = 4
const largestError = 0.25
/** The costs are measured by kind of request; a mix is what the model predicts. */
const mix: Load['mix'] = { 'one post': 0.35, list: 0.2, timeline: 0.25, search: 0.05, create: 0.15 }

type Prediction = { what: string; predicted: number; measured: number }

export async function capacity(args: string[]): Promise<void> {
  const { posts, users, requests, connections, databaseUrl, save } = readOptions(usage, defaults, args)
  if (!databaseUrl) exitWithUsage('Name a PostgreSQL server with --database-url.', usage)
  const cleanUps: (() => Promise<unknown>)[] = []
  const createFilled = async (size: { posts: number; users: number }) => {
    const { env, drop } = await createDatabase(databaseUrl)
    cleanUps.unshift(drop)
    const onProgress = (done: number) => showStatus(`${done} of ${size.posts} posts`)
    await fill(env, { ...size, follows: followsOfUser }, onProgress)
    return env
  }
  try {
    const small = await createFilled({
      posts: Math.ceil(posts / 10),
      users: Math.max(400, Math.ceil(users / 10)),
    })
    const rows = await measureRows(small.DATABASE_URL)
    const program = await startProgram(await createFilled({ posts, users }), connections)
    cleanUps.unshift(program.stop)
    const costs = await measureCosts(program, { rows, posts }, requests)
    const size = await measureSize(program.databaseUrl)
    const load = { ...smallLoad, posts, users, follows: size.follows / users }
    const predictions = [
      {
        what: 'MB of the large database',
        predicted: needsOf(load, costs).databaseBytes / 1e6,
        measured: size.bytes / 1e6,
      },
      ...(await predictMix(program, costs, 4 * requests)),
    ]
    showStatus('')
    if (save) await writeFile(costsFile, `${JSON.stringify(costs, rounded, 2)}\n`)
    process.stdout.write(reportOf(costs, predictions))
    if (predictions.some(isOff)) process.exitCode = 1
  } finally {
    showStatus('')
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

const smallLoad: Load = {
  requestsPerSecond: 1,
  mix,
  posts: 0,
  users: 1,
  follows: 0,
  streams: 0,
  followersPerSecond: 0,
}

async function measureCosts(
  program: Program,
  database: Pick<Costs, 'rows' | 'posts'>,
  count: number,
): Promise<Costs> {
  const idle = await program.memoryBytes()
  const requests = await measureKinds(program, count)
  const loaded = await program.memoryBytes()
  const followeeUs = await measureFollowee(program, requests.timeline, count)
  return {
    ...database,
    machine: machine(),
    requests,
    timeline: { followees, followeeUs },
    stream: await measureStreams(program, { streamsOfUser, posts: Math.ceil(count / 10) }),
    memory: { idle, loaded },
    series: await program.series(),
    limits: await measureLimits(program, count),
  }
}

/** More connections than before, so that the service or the machine has no idle time. */
async function predictMix(program: Program, costs: Costs, count: number): Promise<Prediction[]> {
  const requests = mixOf(await kindsOf(program), mix)
  await measure(program, requests, count / 4, 'warms up: mix')
  const { each, perSecond } = await measure(program, requests, count, 'mix')
  const predicted = mixedCosts({ mix, follows: followees }, costs)
  // One process of the service uses one core; all cores also run PostgreSQL and this program.
  const ofMachine = availableParallelism() / (predicted.serviceUs + predicted.databaseUs + each.generatorUs)
  return [
    {
      what: 'µs of the service for a request of the mix',
      predicted: predicted.serviceUs,
      measured: each.serviceUs,
    },
    { what: 'µs of PostgreSQL', predicted: predicted.databaseUs, measured: each.databaseUs },
    {
      what: 'requests of the mix per second, at most',
      predicted: 1e6 * Math.min(1 / predicted.serviceUs, ofMachine),
      measured: perSecond,
    },
  ]
}

const error = ({ predicted, measured }: Prediction) => predicted / measured - 1
const isOff = (prediction: Prediction) => Math.abs(error(prediction)) > largestError

/** Three digits are more than the measurements have. */
const rounded = (_key: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(3)) : value

function reportOf(
  { requests, timeline, stream, memory, rows, series, limits, machine }: Costs,
  predictions: Prediction[],
) {
  const us = (value: number) => value.toFixed(0)
  const kindRow = (kind: Kind) => {
    const { serviceUs, databaseUs, connectionUs, responseBytes, walBytes } = requests[kind]
    return [kind, us(serviceUs), us(databaseUs), us(connectionUs), bytes(responseBytes), bytes(walBytes)]
  }
  const others = [
    ['each followee of a timeline, µs of PostgreSQL', timeline.followeeUs.toFixed(1)],
    ['a post on a stream, µs of the service', us(stream.deliveryUs)],
    [
      'a read for all streams, µs of the service and of PostgreSQL',
      `${us(stream.readUs)}, ${us(stream.databaseUs)}`,
    ],
    ['a stream, memory', bytes(stream.bytes)],
    ['a process, memory idle and after the load', `${bytes(memory.idle)}, ${bytes(memory.loaded)}`],
    ['a post, user and follow in the database', [rows.post, rows.user, rows.follow].map(bytes).join(', ')],
    ['series of a process', series],
    ['posts per second, at most', us(limits.postsPerSecond)],
    ['followers of one user per second, at most', us(limits.followersPerSecond)],
  ]
  const checks = predictions.map((prediction) => [
    prediction.what,
    us(prediction.predicted),
    us(prediction.measured),
    `${(100 * error(prediction)).toFixed(0)} %`,
    isOff(prediction) ? 'NO' : 'yes',
  ])
  const head = ['A request', 'service, µs', 'PostgreSQL, µs', 'connection, µs', 'response', 'log']
  return `${table(head, kinds.map(kindRow))}

${table(['Other costs', ''], others as string[][])}

${table(['Prediction', 'predicted', 'measured', 'error', '≤ 25 %'], checks)}

${machine}
`
}
