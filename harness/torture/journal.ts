// Kills the service while clients write, and compares what was acknowledged with what is there.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../lib/command-line.ts'
import { createDatabase, type TemporaryDatabase } from '../database.ts'
import { buildUser } from '../http/client.ts'
import { type Service, startService } from '../service.ts'
import { createPostsJournal } from './posts-journal.ts'
import type { Check, Trial } from './trial.ts'

const usage = `Usage: npm run torture -- journal [options]

Clients create posts, and repeat each request with its Idempotency-Key until it is acknowledged. Meanwhile the service is killed
(SIGKILL) and started again: on the embedded database, and one of two instances on PostgreSQL. Afterwards every acknowledged
post must be there once, the pages must skip none, and the count of the user must equal the number of posts.

  --kills N            kills on each database (10)
  --clients N          clients that write at the same time (8)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" leaves it out
  --help               shows this text
`

type Options = { kills: number; clients: number; instances: number }

export const journal: Trial = async (args, report) => {
  const defaults = { kills: 10, clients: 8, databaseUrl: process.env.TEST_DATABASE_URL }
  const { databaseUrl, ...options } = readOptions(usage, defaults, args)
  const databases = [
    { name: 'embedded', url: undefined, instances: 1 },
    ...(databaseUrl ? [{ name: 'PostgreSQL', url: databaseUrl, instances: 2 }] : []),
  ]
  const checks: Check[] = []
  for (const { name, url, instances } of databases) {
    const database = await createDatabase(url)
    try {
      checks.push(...(await keepJournal(name, database, { ...options, instances }, report)))
    } finally {
      await database.drop()
    }
  }
  return { checks, tables: [] }
}

async function keepJournal(
  name: string,
  database: TemporaryDatabase,
  { kills, clients, instances }: Options,
  report: (text: string) => void,
): Promise<Check[]> {
  const services: Service[] = []
  for (let index = 0; index < instances; index++) services.push(await startService({}, database))
  try {
    const [first] = services
    if (!first) throw new Error('There is no instance.')
    const user = await buildUser(first)
    const posts = createPostsJournal(user)
    const stopping = new AbortController()
    const writing = Promise.all(
      Array.from({ length: clients }, (_, client) =>
        posts.write(() => services[client % instances], stopping.signal),
      ),
    )
    for (let kill = 1; kill <= kills; kill++) {
      report(`${name}: kill ${kill} of ${kills}, ${posts.acknowledged.size} posts acknowledged`)
      await setTimeout(200 + Math.random() * 600)
      const victim = kill % instances
      await services[victim]?.stop('SIGKILL')
      services[victim] = await startService({}, database)
    }
    stopping.abort()
    await writing
    return await posts.compare(name, services[0] ?? first)
  } finally {
    for (const service of services) await service.stop()
  }
}
