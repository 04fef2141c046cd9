// What the writers write to: a statement through pg alone, and one or two instances of the service.
import { Agent } from 'node:http'
import { Client } from 'pg'
import { createDatabase, type DatabaseEnv } from '../../harness/database.ts'
import { fill, token, tokenOf } from '../../harness/fill.ts'
import { send } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { createConnections, type Outcome } from '../../harness/torture/load/connections.ts'
import { post } from '../../harness/torture/load/requests.ts'
import { tokenize } from '../../src/search/tokenizer.ts'
import { statements } from '../requests/statements.ts'
import { limits } from '../requests/variants.ts'

/** Creates one post. Each writer is another user. */
export type Writer = () => Promise<unknown>
export type Variant = { writers: Writer[]; stop(): Promise<void> }
export type VariantName = (typeof variantNames)[number]

export const variantNames = [
  'the statement alone',
  'the statement with NOTIFY',
  'one instance',
  'one instance, no notifications',
  'two instances',
  'two instances, no notifications',
] as const

const settings = { ...limits, MAX_STREAMS_PER_USER: '0' }
const text = 'Curiouser and curiouser! cried Alice.'

/** Each number of `users` is the user of one writer; `streams` are open on each instance. */
type Setting = { databaseUrl: string; users: number[]; streams: number }

/** Starts a variant on a database of its own. */
export async function startVariant(name: VariantName, setting: Setting): Promise<Variant> {
  const { env, drop } = await createDatabase(setting.databaseUrl)
  await fill(env, { posts: 0 }, () => {})
  const { writers, stop } = await start(name, env, setting)
  return {
    writers,
    stop: async () => {
      await stop()
      await drop()
    },
  }
}

function start(name: VariantName, env: { DATABASE_URL: string }, setting: Setting): Promise<Variant> {
  switch (name) {
    case 'the statement alone':
      return connect(env.DATABASE_URL, statements.createPost, setting)
    case 'the statement with NOTIFY':
      return connect(env.DATABASE_URL, `${statements.createPost}, pg_notify('microposts', '')::text`, setting)
    case 'one instance':
      return startInstances(env, 1, [], setting)
    case 'one instance, no notifications':
      return startInstances(env, 1, [withoutListen], setting)
    case 'two instances':
      return startInstances(env, 2, [], setting)
    case 'two instances, no notifications':
      return startInstances(env, 2, [withoutListen], setting)
  }
}

const withoutListen = './bench/writers/without-listen.ts'

/** Writers with a connection each. */
async function connect(url: string, statement: string, { users }: Setting): Promise<Variant> {
  const clients = users.map(() => new Client(url))
  for (const client of clients) await client.connect()
  const { rows } = (await clients[0]?.query<{ id: string }>('SELECT "id" FROM "User" ORDER BY "id"')) ?? {
    rows: [],
  }
  const writers = clients.map((client, index) => () => {
    const now = new Date()
    const values = [
      rows[(users[index] ?? 1) - 1]?.id,
      text,
      now,
      tokenize(text),
      limits.RATE_LIMIT_POSTS,
      new Date(now.getTime() + 60_000),
    ]
    return client.query({ name: 'create', text: statement, values })
  })
  return { writers, stop: async () => void (await Promise.all(clients.map((client) => client.end()))) }
}

/** Writers that take turns between the instances. */
async function startInstances(
  env: DatabaseEnv,
  instances: number,
  preload: string[],
  { users, streams }: Setting,
): Promise<Variant> {
  const services: Service[] = []
  for (let i = 0; i < instances; i++)
    services.push(await startService(settings, { env }, { preload: ['./otel/register.ts', ...preload] }))
  const connections = services.map(({ url }) => createConnections(Number(new URL(url).port), 'localhost'))
  for (const service of services) for (let i = 0; i < streams; i++) await openStream(service)
  const writers = users.map((user, index) => {
    const request = post(`/api/users/user${user}/collection`, { text }, tokenOf(user))
    const connection = connections[index % instances]
    return async () => {
      const { status, fault } = await new Promise<Outcome>((resolve) => connection?.send(request, resolve))
      if (status !== 201) throw new Error(`create: ${status} ${fault ?? ''}`)
    }
  })
  const stop = async () => {
    for (const { close } of connections) close()
    await Promise.all(services.map((service) => service.stop()))
  }
  return { writers, stop }
}

/** A stream of `user1`, who follows all writers. It ends with the service. */
async function openStream(service: Service): Promise<void> {
  const path = '/api/users/user1/timeline/stream'
  const response = await send(service, 'GET', path, { token, agent: new Agent() })
  if (response.statusCode !== 200) throw new Error(`stream: ${response.statusCode}`)
  response.on('error', () => {}).resume()
}
