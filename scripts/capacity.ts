// Computes what a load needs, from measured costs, and names the resource that is used up first.

import { readCosts } from '../harness/capacity/costs.ts'
import {
  amount,
  type Bottleneck,
  bottlenecksOf,
  bytes,
  equipment,
  type Load,
  needsOf,
} from '../harness/capacity/model.ts'
import { table } from '../harness/command-line/table.ts'
import { exitWithUsage, orZero, readOptions } from '../lib/command-line.ts'

const usage = `Usage: npm run capacity -- [options]

Computes the instances, the database and the Prometheus server for a load, and names what will be too small first. The
costs of a request, a row and a stream are those that \`npm run bench -- capacity\` measured; docs/scaling.md explains them.

  --requests-per-second N    requests of all kinds (500)
  --writes PERCENT           share of the requests that create posts (10); the others read
  --posts N                  posts in the database (1000000)
  --users N                  users in the database (100000)
  --follows N                users whom a user follows, on average (100)
  --streams N                open streams (1000)
  --popular N                new followers per second of the most popular user (1)
  --database-cores N         cores of the PostgreSQL server (${equipment.databaseCores})
  --database-connections N   connections that it accepts, its max_connections (${equipment.connections})
  --pool N                   connections of an instance, connection_limit in DATABASE_URL (${equipment.pool})
  --help                     shows this text

Numbers may have exponents: 1e9. It plans with ${100 * equipment.utilization} % of each core and pool; the rest is for peaks and failures.
`

const { writes, popular, databaseCores, databaseConnections, pool, ...sizes } = readOptions(usage, {
  requestsPerSecond: 500,
  writes: orZero(10),
  posts: 1_000_000,
  users: 100_000,
  follows: orZero(100),
  streams: orZero(1_000),
  popular: orZero(1),
  databaseCores: equipment.databaseCores,
  databaseConnections: equipment.connections,
  pool: equipment.pool,
})
if (writes > 100) exitWithUsage(`--writes ${writes}: must be a whole number from 0 to 100.`, usage)

const create = writes / 100
/** Of the requests that read: mostly single posts and timelines. */
const reads = { 'one post': 0.4, list: 0.2, timeline: 0.3, search: 0.1 }
const load: Load = {
  ...sizes,
  followersPerSecond: popular,
  mix: {
    create,
    'one post': reads['one post'] * (1 - create),
    list: reads.list * (1 - create),
    timeline: reads.timeline * (1 - create),
    search: reads.search * (1 - create),
  },
}
const machine = { ...equipment, databaseCores, connections: databaseConnections, pool }
const costs = readCosts()
const needs = needsOf(load, costs, machine)
const bottlenecks = bottlenecksOf(load, costs, machine)

const cores = (value: number) => `${amount(value)} cores`
const needRows = [
  ['Instances of the service, a core each', amount(needs.instances)],
  ['CPU of the service', cores(needs.serviceCores)],
  ['Memory of the service', bytes(needs.memoryBytes)],
  ['CPU of PostgreSQL', cores(needs.databaseCores)],
  ['Connections in use at a time', amount(needs.connectionsBusy)],
  ['Connections of all pools', amount(needs.connections)],
  ['Size of the database', bytes(needs.databaseBytes)],
  ['Write-ahead log per second', bytes(needs.walBytesPerSecond)],
  ['Responses per second', bytes(needs.responseBytesPerSecond)],
  ['New posts per second', amount(needs.postsPerSecond)],
  ['Posts sent on streams per second', amount(needs.deliveriesPerSecond)],
  ['Series in Prometheus', amount(needs.series)],
  ['Samples per second', amount(needs.samplesPerSecond)],
  ['Disk of Prometheus per day', bytes(needs.prometheusBytesPerDay)],
]
const bottleneckRows = bottlenecks.map(({ name, use, limit, share }) => [
  name,
  use,
  limit,
  `${amount(100 * share)} %`,
])
process.stdout.write(`${table(['This load needs', ''], needRows)}

${table(['Bottleneck', 'use', 'limit', 'share'], bottleneckRows)}

${adviceOn(bottlenecks)}
Costs measured on ${costs.machine}
`)

/** Each bottleneck is a heading of docs/scaling.md. */
function adviceOn([first]: Bottleneck[]): string {
  if (!first) return ''
  const anchor = first.name.toLowerCase().replaceAll(' ', '-')
  const verb = first.share > 1 ? 'is too small for this load' : 'is the next bottleneck'
  return `${first.name} ${verb}: see docs/scaling.md#${anchor}\n`
}
