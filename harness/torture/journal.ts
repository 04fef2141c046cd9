// Kills the service while clients write, and compares what was acknowledged with what is there.
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../lib/command-line.ts'
import { createDatabase, type TemporaryDatabase } from '../database.ts'
import { type ApiResponse, buildUser, call, type Target, type User } from '../http/client.ts'
import { type Service, startService } from '../service.ts'
import { type Check, holds, none, type Trial } from './trial.ts'

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
    const acknowledged = new Map<string, string>()
    const stopping = new AbortController()
    const writing = Promise.all(
      Array.from({ length: clients }, (_, client) =>
        write(() => services[client % instances], user, acknowledged, stopping.signal),
      ),
    )
    for (let kill = 1; kill <= kills; kill++) {
      report(`${name}: kill ${kill} of ${kills}, ${acknowledged.size} posts acknowledged`)
      await setTimeout(200 + Math.random() * 600)
      const victim = kill % instances
      await services[victim]?.stop('SIGKILL')
      services[victim] = await startService({}, database)
    }
    stopping.abort()
    await writing
    return await compare(name, services[0] ?? first, user, acknowledged)
  } finally {
    for (const service of services) await service.stop()
  }
}

/** Creates posts one after the other. Repeats each until a response acknowledges it; keeps its text and id. */
async function write(
  target: () => Target | undefined,
  { username, token }: User,
  acknowledged: Map<string, string>,
  signal: AbortSignal,
) {
  while (!signal.aborted) {
    const text = randomUUID()
    for (;;) {
      const service = target()
      const options = { token, json: { text }, headers: { 'Idempotency-Key': text } }
      const path = `/api/users/${username}/collection`
      const response = service && (await call(service, 'POST', path, options).catch(() => undefined))
      if (response?.status === 201) {
        acknowledged.set(text, response.body.id)
        break
      }
      await setTimeout(20)
    }
  }
}

async function compare(
  name: string,
  service: Target,
  { username }: User,
  acknowledged: Map<string, string>,
): Promise<Check[]> {
  const stored: { id: string; text: string }[] = []
  let next: string | undefined = `/api/users/${username}/collection?limit=100`
  while (next) {
    const page: ApiResponse = await call(service, 'GET', next)
    stored.push(...page.body)
    next = /<([^>]*)>; rel="next"/.exec(page.headers.get('Link') ?? '')?.[1]
  }
  const { body } = await call(service, 'GET', `/api/users/${username}`)
  const ids = new Map(stored.map(({ id, text }) => [text, id]))
  const lost = [...acknowledged].filter(([text, id]) => ids.get(text) !== id)
  const unknown = stored.filter(({ text }) => !acknowledged.has(text))
  return [
    holds(`${name}: posts were acknowledged`, acknowledged.size > 0, acknowledged.size),
    none(`${name}: acknowledged posts that are lost`, lost),
    none(
      `${name}: posts that nobody was told of`,
      unknown.map(({ text }) => text),
    ),
    holds(`${name}: posts that are there twice`, ids.size === stored.length, stored.length - ids.size),
    holds(
      `${name}: the user's count equals the posts`,
      body.counts?.posts === stored.length,
      body.counts?.posts,
    ),
  ]
}
