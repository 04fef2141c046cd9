// Kills the service, and PostgreSQL, while clients write, and compares what was acknowledged with what is there.
import { setTimeout } from 'node:timers/promises'
import { orZero, readOptions } from '../../lib/command-line.ts'
import { createDatabase, type DatabaseEnv } from '../database.ts'
import { buildUser } from '../http/client.ts'
import { createCluster } from '../programs/postgresql.ts'
import { type Service, startService } from '../service.ts'
import { until } from '../until.ts'
import { createPostsJournal, isTemporary, type Refusal } from './posts-journal.ts'
import { type Check, holds, none, type Trial } from './trial.ts'

const usage = `Usage: npm run torture -- journal [options]

Clients create posts, and repeat each request with its Idempotency-Key until it is acknowledged. Meanwhile processes are killed
(SIGKILL) and started again: the service on the embedded database, one of two instances on PostgreSQL, and all processes of a
PostgreSQL cluster of its own under two instances. Afterwards every acknowledged post must be there once, the pages must skip none,
and the count of the user must equal the number of posts.

  --kills N            kills of the service on each database (10)
  --database-kills N   kills of PostgreSQL, which needs its programs (0)
  --clients N          clients that write at the same time (8)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" leaves it out
  --help               shows this text
`

type Scene = {
  name: string
  database: DatabaseEnv
  instances: number
  kills: number
  clients: number
  /** Whether every request gets a response, because the instances keep running. */
  responds: boolean
  /** Kills something and starts it again. */
  kill: (services: Service[], turn: number) => Promise<unknown>
}
type Report = (text: string) => void

export const journal: Trial = async (args, report) => {
  const defaults = {
    kills: 10,
    databaseKills: orZero(0),
    clients: 8,
    databaseUrl: process.env.TEST_DATABASE_URL,
  }
  const { databaseUrl, databaseKills, ...options } = readOptions(usage, defaults, args)
  const checks: Check[] = []
  const servers = [
    { name: 'embedded', url: undefined, instances: 1 },
    ...(databaseUrl ? [{ name: 'PostgreSQL', url: databaseUrl, instances: 2 }] : []),
  ]
  for (const { url, ...scene } of servers) {
    const database = await createDatabase(url)
    try {
      checks.push(...(await killService({ ...options, ...scene, database: database.env }, report)))
    } finally {
      await database.drop()
    }
  }
  if (databaseKills > 0) checks.push(...(await killPostgresql({ ...options, kills: databaseKills }, report)))
  return { checks, tables: [] }
}

function killService(scene: Omit<Scene, 'kill' | 'responds'>, report: Report): Promise<Check[]> {
  const kill = async (services: Service[], turn: number) => {
    const victim = turn % services.length
    await services[victim]?.stop('SIGKILL')
    services[victim] = await startService({}, { env: scene.database })
  }
  return keepJournal({ ...scene, responds: false, kill }, report)
}

async function killPostgresql(options: { kills: number; clients: number }, report: Report): Promise<Check[]> {
  const cluster = await createCluster()
  const kill = async () => {
    await cluster.kill()
    await cluster.start()
  }
  const database = { DATABASE_URL: cluster.url() }
  try {
    await cluster.start()
    const scene = { ...options, name: 'PostgreSQL killed', database, instances: 2, responds: true, kill }
    return await keepJournal(scene, report)
  } finally {
    await cluster.remove()
  }
}

async function keepJournal(scene: Scene, report: Report): Promise<Check[]> {
  const { name, database, instances, kills, clients, responds, kill } = scene
  const services: Service[] = []
  try {
    while (services.length < instances) services.push(await startService({}, { env: database }))
    const [first] = services
    if (!first) throw new Error('There is no instance.')
    const posts = createPostsJournal(await buildUser(first))
    const { acknowledged, refusals } = posts
    const stopping = new AbortController()
    const writing = Promise.all(
      Array.from({ length: clients }, (_, client) =>
        posts.write(() => services[client % instances], stopping.signal),
      ),
    )
    for (let turn = 1; turn <= kills; turn++) {
      report(`${name}: kill ${turn} of ${kills}, ${acknowledged.size} posts acknowledged`)
      await setTimeout(200 + Math.random() * 600)
      await kill(services, turn)
      const before = acknowledged.size
      await until('a post is acknowledged again', () => acknowledged.size > before)
    }
    stopping.abort()
    await writing
    const isExpected = (refusal: Refusal) =>
      isTemporary(refusal) || (refusal.status === undefined && !responds)
    const unexpected = refusals.filter((refusal) => !isExpected(refusal))
    return [
      holds(`${name}: kills`, true, kills),
      none(
        `${name}: responses other than 201, 409, or 503 with Retry-After`,
        unexpected.map(({ status, text }) => `${status ?? ''} ${text}`),
      ),
      ...(await posts.compare(name, services[0] ?? first)),
    ]
  } finally {
    for (const service of services) await service.stop()
  }
}
