// Sets the clock back while clients write, on the embedded database, whose clock is that of the service.
import { readOptions } from '../../../lib/command-line.ts'
import { createDatabase } from '../../database.ts'
import { buildPost, buildUser, call, type User } from '../../http/client.ts'
import { startService } from '../../service.ts'
import { until } from '../../until.ts'
import { readTimeline } from '../instances/timeline-reader.ts'
import { holds, none, type Trial } from '../trial.ts'

const usage = `Usage: npm run torture -- clock [options]

Sets the clock of the service, and of its embedded database, back while a follower reads a stream, and then forward again. Every post
is created and listed once, and sessions and the limit of posts go on as before. Posts sort by the clock that they were created at, so
an open stream has only those that are later than what it has sent: it must have all from before and after, once and in order.

  --minutes N    minutes by which the clock is set back (60)
  --posts N      posts before, while and after the clock is wrong (15)
  --help         shows this text
`

/** A message with a number of milliseconds shifts what Date returns. The clock of timers is another one. */
const shiftable = `
const RealDate = Date
let shiftMs = 0
globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    if (parts.length > 0) super(...parts)
    else super(RealDate.now() + shiftMs)
  }
  static now() {
    return RealDate.now() + shiftMs
  }
}
process.on('message', (ms) => {
  if (typeof ms !== 'number') return
  shiftMs = ms
  process.send({ shiftedTo: new Date().toISOString() })
})
process.channel.unref()`
const preload = [`data:text/javascript,${encodeURIComponent(shiftable)}`, './otel/register.ts']
const limits = { RATE_LIMIT_POSTS: '80', RATE_LIMIT_REQUESTS: '300', RATE_LIMIT_LOGIN: '30' }

export const clock: Trial = async (args, report) => {
  const { minutes, posts: count } = readOptions(usage, { minutes: 60, posts: 15 }, args)
  const database = await createDatabase()
  const service = await startService(limits, database, { preload, ipc: true })
  try {
    const author = await buildUser(service)
    const follower = await buildUser(service)
    const first = await buildPost(service, author)
    const following = `/api/users/${follower.username}/following/${author.username}`
    await call(service, 'PUT', following, { token: follower.token })
    const timeline = readTimeline(service, follower, first.id)
    await until('the stream is open', () => timeline.streams() > 0)
    const created: Created[] = []
    const faults: string[] = []
    for (const ms of [0, -minutes * 60_000, 0]) {
      report(`clock at ${ms / 60_000} minutes`)
      const { promise, resolve } = Promise.withResolvers<unknown>()
      service.process.once('message', resolve)
      service.process.send(ms)
      await promise
      for (let post = 0; post < count; post++) created.push(await create(service, author))
      faults.push(...(await useSession(service, author, ms)))
    }
    const ids = created.flatMap(({ id }) => id ?? [])
    await until('the stream has every post', () => timeline.received.length >= 2 * count).catch(() => {})
    await timeline.stop()
    const list = await call(service, 'GET', `/api/users/${author.username}/collection?limit=100`)
    const listed: string[] = list.body.map(({ id }: { id: string }) => id)
    return {
      tables: [],
      checks: [
        none(
          'posts that are refused',
          created.filter(({ status }) => status !== 201).map(({ status }) => status),
        ),
        holds('ids are unique', new Set(ids).size === ids.length, ids.length),
        holds(
          'the list has each of them once',
          same(listed.toSorted(), [first.id, ...ids].toSorted()),
          listed.length,
        ),
        holds(
          'the stream has every post from before and after, once and in order',
          same(timeline.received, [...ids.slice(0, count), ...ids.slice(-count)]),
          `${timeline.received.length} of ${ids.length}`,
        ),
        none('streams that broke off', timeline.faults),
        none(
          'limits that last longer than their window',
          created.filter(({ reset }) => reset > 60).map(({ reset }) => `${reset} s`),
        ),
        none('sessions and logins that fail', faults),
        none(
          'errors in the log',
          service.lines.filter(({ level }) => level >= 50).map((line) => JSON.stringify(line)),
        ),
      ],
    }
  } finally {
    await service.stop()
    await database.drop()
  }
}

type Created = { status: number; id: string | undefined; reset: number }

async function create(service: { url: string }, { username, token }: User): Promise<Created> {
  const path = `/api/users/${username}/collection`
  const { status, body, headers } = await call(service, 'POST', path, { token, json: { text: 'On we go' } })
  return { status, id: body.id, reset: Number(headers.get('RateLimit-Reset')) }
}

/** A session from before, and a new one. */
async function useSession(
  service: { url: string },
  { username, password, token }: User,
  ms: number,
): Promise<string[]> {
  const login = await call(service, 'POST', '/api/login', { json: { username, password } })
  const statuses = [
    login.status,
    (await call(service, 'GET', '/api/sessions', { token })).status,
    (await call(service, 'GET', '/api/sessions', { token: login.body.token })).status,
  ]
  return statuses.filter((status) => status !== 200).map((status) => `${status} at ${ms / 60_000} minutes`)
}

const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join()
