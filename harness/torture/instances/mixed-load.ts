// The load of trials with several instances: the audit's mixed requests, two authors who write, and readers of streams.
import { createClient } from '../../audit/client.ts'
import { createDisconnecting } from '../../audit/disconnecting.ts'
import { createLedger } from '../../audit/ledger.ts'
import { makeLoad } from '../../audit/load.ts'
import { buildPost, buildUser, call, type Target, type User } from '../../http/client.ts'
import { until } from '../../until.ts'
import { createPostsJournal } from '../posts-journal.ts'
import { type Check, holds, none } from '../trial.ts'
import { readTimeline, type TimelineReader } from './timeline-reader.ts'

export type MixedLoad = Awaited<ReturnType<typeof startMixedLoad>>

const readers = 4
/** Of each author between two posts. */
const pauseMs = 20

/**
 * Starts the load at the address of a proxy. The readers follow both authors. The login limit of the instances must be
 * `loginLimit`, and no other limit may be set.
 */
export async function startMixedLoad(target: Target, { clients, seed }: { clients: number; seed: number }) {
  const ledger = createLedger()
  const authors = [await buildUser(target), await buildUser(target)] as const
  const journals = authors.map((author) => createPostsJournal(author, { keyed: false }))
  const first = await buildPost(target, authors[0])
  const followers: User[] = []
  while (followers.length < readers) followers.push(await follow(target, authors))
  for (const { username } of [...authors, ...followers]) ledger.signedUp(username)
  for (const { username } of followers)
    for (const author of authors) ledger.followed(username, author.username)
  ledger.posted(first.id, authors[0].username, false)

  const timelines = followers.map((follower) => readTimeline(target, follower, first.id))
  const client = createClient(target.url)
  const stopping = new AbortController()
  const { signal } = stopping
  const disconnecting = createDisconnecting(target.url)
  const mixed = { client, disconnecting, ledger, requests: Infinity, clients, disconnect: 0, seed, signal }
  const running = Promise.all([
    makeLoad(mixed),
    ...journals.map((journal) => journal.write(() => target, signal, pauseMs)),
  ]).finally(() => stopping.abort())
  const failed = running.then(
    () => [],
    (error) => [String(error)],
  )

  const end = async () => {
    stopping.abort()
    for (const timeline of timelines) await timeline.stop()
    client.close()
  }

  return {
    ledger,
    client,
    /** Whether the load has ended: a failure ends all of it. */
    hasEnded: () => signal.aborted,
    /** Ends the load, also after a failure of something else. */
    end,

    /** Ends the load and returns what clients saw. No request may fail, and no post may be missing on a timeline. */
    async stop(): Promise<Check[]> {
      stopping.abort()
      const failures = await failed
      const posts = journals.flatMap(({ acknowledged }) => [...acknowledged.values()]).sort()
      for (const [index, { acknowledged }] of journals.entries())
        for (const id of acknowledged.values()) ledger.posted(id, authors[index]?.username ?? '', false)
      const isComplete = ({ received }: TimelineReader) => received.length >= posts.length
      await until('all posts arrived', () => timelines.every(isComplete)).catch(() => {})
      await end()
      const refused = journals.flatMap(({ refusals }) => refusals)
      // A stopping instance answers /readyz with 503 on the connections that it still has: that is its purpose.
      const byProxy = client.responses.filter(({ status, path }) => status >= 500 && path !== '/readyz')
      return [
        holds('mixed requests', client.served() > 0, client.served()),
        none('mixed requests that failed', [
          ...failures,
          ...byProxy.map(({ method, path, status }) => `${method} ${path}: ${status}`),
          ...client.unexpected,
        ]),
        holds('posts without an Idempotency-Key', posts.length > 0, posts.length),
        none(
          'of them, requests that failed',
          refused.map(({ status, text }) => `${status ?? ''} ${text}`),
        ),
        none(
          `streams that broke off or were refused, of ${timelines.reduce((sum, { streams }) => sum + streams(), 0)}`,
          timelines.flatMap(({ faults }) => faults),
        ),
        none(
          `readers of ${readers} who did not get every post once and in order`,
          timelines.flatMap(({ received }) => (same(received, posts) ? [] : [difference(received, posts)])),
        ),
      ]
    },
  }
}

/** RATE_LIMIT_LOGIN of the instances, which the load exceeds. */
export { loginLimit } from '../../audit/actions/accounts.ts'

async function follow(target: Target, authors: readonly User[]): Promise<User> {
  const follower = await buildUser(target)
  for (const { username } of authors) {
    const path = `/api/users/${follower.username}/following/${username}`
    const { status } = await call(target, 'PUT', path, { token: follower.token })
    if (status !== 204) throw new Error(`The response to a follow was ${status}.`)
  }
  return follower
}

const same = (received: readonly string[], posts: readonly string[]) => received.join() === posts.join()

function difference(received: readonly string[], posts: readonly string[]): string {
  const got = new Set(received)
  const missing = posts.filter((id) => !got.has(id)).length
  return `${received.length} of ${posts.length} received, ${missing} missing, ${received.length - got.size} twice`
}
