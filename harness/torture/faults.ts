// Faults of the database, caused from outside while clients read and write.
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { readOptions } from '../../lib/command-line.ts'
import { startRelayedService } from '../alerts/relayed-service.ts'
import { administer, createDatabase } from '../database.ts'
import { buildPost, buildUser, call } from '../http/client.ts'
import { until } from '../until.ts'
import { type Check, holds, none, type Trial } from './trial.ts'

const usage = `Usage: npm run torture -- faults [options]

Causes each fault of PostgreSQL for some seconds while clients read and write. No response may be other than 2xx or a 503 with
Retry-After, /livez stays 200, /readyz follows a lost database, and the service recovers by itself.

  --seconds N          seconds of each fault (5)
  --only TEXT          only faults whose name contains this text
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text
`

/** `url` is that of an administrator; the service has the role `role`. */
type Scene = { service: Awaited<ReturnType<typeof startRelayedService>>; url: string; role: string }
type Fault = {
  name: string
  /** Whether /readyz must be 503 during the fault. */
  unready: boolean
  /** Causes the fault and returns what repairs it. */
  cause: (scene: Scene) => Promise<() => Promise<unknown>>
}

const configure = async (url: string, setting: string, value: string) => {
  const database = new URL(url).pathname.slice(1)
  await administer(url, `ALTER DATABASE "${database}" SET ${setting} = '${value}'`)
  await endConnections(url)
  return async () => {
    // Also if the setting is that transactions are read-only.
    await administer(url, `BEGIN READ WRITE; ALTER DATABASE "${database}" RESET ${setting}; COMMIT`)
    await endConnections(url)
  }
}

const endConnections = (url: string) =>
  administer(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  )

const faultsOfDatabase: Fault[] = [
  {
    name: 'down',
    unready: true,
    cause: async ({ service }) => {
      await service.relay.stop()
      return () => service.relay.start()
    },
  },
  {
    name: 'silent',
    unready: true,
    cause: async ({ service }) => {
      service.relay.silence(true)
      return async () => service.relay.silence(false)
    },
  },
  {
    // The server tells the role the same as it tells everybody when max_connections is reached (53300).
    name: 'out of connections',
    unready: true,
    cause: async ({ url, role }) => {
      await administer(url, `ALTER ROLE "${role}" CONNECTION LIMIT 0`)
      await endConnections(url)
      return () => administer(url, `ALTER ROLE "${role}" CONNECTION LIMIT -1`)
    },
  },
  {
    name: 'locked',
    unready: false,
    cause: async ({ url }) => {
      const lock = new Client({ connectionString: url })
      await lock.connect()
      await lock.query('BEGIN; LOCK TABLE "Post" IN ACCESS EXCLUSIVE MODE')
      return () => lock.end()
    },
  },
  {
    name: 'read-only',
    unready: false,
    cause: ({ url }) => configure(url, 'default_transaction_read_only', 'on'),
  },
  {
    name: 'serializable',
    unready: false,
    cause: ({ url }) => configure(url, 'default_transaction_isolation', 'serializable'),
  },
]

export const faults: Trial = async (args, report) => {
  const defaults = { seconds: 5, only: '', databaseUrl: process.env.TEST_DATABASE_URL }
  const { seconds, only, databaseUrl } = readOptions(usage, defaults, args)
  if (!databaseUrl) throw new Error('Neither --database-url nor TEST_DATABASE_URL is set.')
  const checks: Check[] = []
  for (const fault of faultsOfDatabase.filter(({ name }) => name.includes(only))) {
    report(fault.name)
    const database = await createDatabase(databaseUrl)
    const url = database.env.DATABASE_URL
    const role = await createOwner(url)
    const service = await startRelayedService(role.url)
    try {
      checks.push(...(await suffer(fault, { service, url, role: role.name }, seconds)))
    } finally {
      await service.stop()
      await database.drop()
      await administer(databaseUrl, `DROP ROLE "${role.name}"`)
    }
  }
  return { checks, tables: [] }
}

/** Gives the database to a new role, which is no superuser: limits apply to it. */
async function createOwner(url: string) {
  const name = `${new URL(url).pathname.slice(1)}_owner`
  await administer(url, `CREATE ROLE "${name}" LOGIN PASSWORD '${name}'`)
  await administer(url, `ALTER DATABASE "${new URL(url).pathname.slice(1)}" OWNER TO "${name}"`)
  const { href } = Object.assign(new URL(url), { username: name, password: name })
  return { name, url: href }
}

async function suffer({ name, unready, cause }: Fault, scene: Scene, seconds: number): Promise<Check[]> {
  const { service } = scene
  const user = await buildUser(service)
  await buildPost(service, user)
  const collection = `/api/users/${user.username}/collection`
  const wrong: string[] = []
  const health = { live: [] as number[], ready: [] as number[] }
  let running = true
  let unreadySince = 0
  const request = async (method: string, json?: object) => {
    const response = await call(service, method, collection, { token: user.token, json })
    const { status, headers } = response
    const isUnavailable = status === 503 && headers.has('Retry-After')
    if (status >= 300 && !isUnavailable) wrong.push(`${method} ${status} ${response.text}`)
  }
  const loop = async (work: () => Promise<unknown>) => {
    while (running) await Promise.all([work().catch(({ message }) => wrong.push(message)), setTimeout(20)])
  }
  const statusOf = async (path: string) => (await call(service, 'GET', path)).status
  const loops = Promise.all([
    ...Array.from({ length: 4 }, () => loop(() => request('GET'))),
    ...Array.from({ length: 4 }, () => loop(() => request('POST', { text: 'On we go' }))),
    loop(async () => health.live.push(await statusOf('/livez'))),
    loop(async () => {
      const status = await statusOf('/readyz')
      health.ready.push(status)
      if (status === 503) unreadySince ||= performance.now()
    }),
  ])
  await setTimeout(1_000)
  const caused = performance.now()
  const repair = await cause(scene)
  await setTimeout(seconds * 1_000)
  await repair()
  const repaired = performance.now()
  const works = async () =>
    (await call(service, 'POST', collection, { token: user.token, json: { text: 'x' } })).status
  const recovered = await until('a post succeeds', async () => (await works()) === 201, 20_000).catch(
    () => false,
  )
  const afterSeconds = (performance.now() - repaired) / 1_000
  running = false
  await loops
  return [
    none(`${name}: responses other than 2xx, or 503 with Retry-After`, wrong),
    none(
      `${name}: /livez other than 200`,
      health.live.filter((status) => status !== 200),
    ),
    ...(unready
      ? [
          holds(
            `${name}: /readyz is 503 meanwhile`,
            unreadySince > 0,
            unreadySince > 0 ? `after ${((unreadySince - caused) / 1_000).toFixed(1)} s` : 'never',
          ),
        ]
      : []),
    holds(`${name}: recovers by itself`, recovered, `after ${afterSeconds.toFixed(1)} s`),
  ]
}
