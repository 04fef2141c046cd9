// What the writers write to: a statement through pg alone, and one or two instances of the service.
import { Client } from 'pg'
import { createDatabase, type DatabaseEnv } from '../../harness/database.ts'
import { fill, tokenOf } from '../../harness/fill.ts'
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

const text = 'Curiouser and curiouser! cried Alice.'

/** Starts a variant on a database of its own on this server, with `count` writers. */
export async function startVariant(name: VariantName, serverUrl: string, count: number): Promise<Variant> {
  const { env, drop } = await createDatabase(serverUrl)
  await fill(env, { posts: 0 }, () => {})
  const { writers, stop } = await start(name, env, count)
  return {
    writers,
    stop: async () => {
      await stop()
      await drop()
    },
  }
}

function start(name: VariantName, env: { DATABASE_URL: string }, count: number): Promise<Variant> {
  switch (name) {
    case 'the statement alone':
      return connect(env.DATABASE_URL, statements.createPost, count)
    case 'the statement with NOTIFY':
      return connect(env.DATABASE_URL, `${statements.createPost}, pg_notify('microposts', '')::text`, count)
    case 'one instance':
      return startInstances(env, 1, [], count)
    case 'one instance, no notifications':
      return startInstances(env, 1, [withoutListen], count)
    case 'two instances':
      return startInstances(env, 2, [], count)
    case 'two instances, no notifications':
      return startInstances(env, 2, [withoutListen], count)
  }
}

const withoutListen = './bench/writers/without-listen.ts'

/** Writers with a connection each. */
async function connect(url: string, statement: string, count: number): Promise<Variant> {
  const clients = Array.from({ length: count }, () => new Client(url))
  for (const client of clients) await client.connect()
  const { rows } = (await clients[0]?.query<{ id: string }>(
    `SELECT "id" FROM "User" ORDER BY "id" LIMIT ${count}`,
  )) ?? { rows: [] }
  const writers = clients.map((client, index) => () => {
    const now = new Date()
    const values = [
      rows[index]?.id,
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
  count: number,
): Promise<Variant> {
  const services: Service[] = []
  for (let i = 0; i < instances; i++)
    services.push(await startService(limits, { env }, { preload: ['./otel/register.ts', ...preload] }))
  const connections = services.map(({ url }) => createConnections(Number(new URL(url).port), 'localhost'))
  const writers = Array.from({ length: count }, (_, index) => {
    const request = post(`/api/users/user${index + 1}/collection`, { text }, tokenOf(index + 1))
    const { send } = connections[index % instances] ?? connections[0] ?? { send: undefined }
    return async () => {
      const { status, fault } = await new Promise<Outcome>((resolve) => send?.(request, resolve))
      if (status !== 201) throw new Error(`create: ${status} ${fault ?? ''}`)
    }
  })
  const stop = async () => {
    for (const { close } of connections) close()
    await Promise.all(services.map((service) => service.stop()))
  }
  return { writers, stop }
}
