// Kills a primary PostgreSQL while clients read and write, and promotes its replica.
import { setTimeout } from 'node:timers/promises'
import { orZero, readOptions } from '../../../lib/command-line.ts'
import { buildPost, buildUser } from '../../http/client.ts'
import { startService } from '../../service.ts'
import { until } from '../../until.ts'
import { createPostsJournal, isTemporary } from '../posts-journal.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { observeService } from './observer.ts'
import { startReplicated } from './replicated.ts'
import { readTimeline } from './timeline-reader.ts'

const usage = `Usage: npm run torture -- failover [options]

A primary PostgreSQL and its replica run behind haproxy (deploy/haproxy/postgresql.cfg). The primary is killed while clients read and
write, and the replica is promoted. No response may be other than 2xx or a 503 with Retry-After, /livez stays 200, /readyz follows the
database, and the service recovers by itself. With synchronous replication, every acknowledged post must be there once. Needs haproxy
and PostgreSQL's programs; starts clusters of its own.

  --outage SECONDS   time between the end of the primary and the promotion (3)
  --within SECONDS   time within which /readyz must follow, and posts succeed after the promotion (5)
  --clients N        clients that write at the same time (4)
  --asynchronous     asynchronous replication, with which the last acknowledged posts may be lost; their number is only shown
  --help             shows this text
`

/** The longest that a request may take: a statement's 10 s, and what surrounds it. */
const boundSeconds = 15
/** Of the load before and after. */
const pauseMs = 2_000

type Options = { outage: number; within: number; clients: number; asynchronous: boolean }
type Servers = Awaited<ReturnType<typeof startReplicated>>
type Report = (text: string) => void

export const failover: Trial = async (args, report) => {
  const defaults = { outage: orZero(3), within: 5, clients: 4, asynchronous: false }
  const options = readOptions(usage, defaults, args)
  report('creating a primary and a replica')
  const servers = await startReplicated({ synchronous: !options.asynchronous })
  try {
    return { checks: await failOver(servers, options, report), tables: [] }
  } finally {
    await servers.stop()
  }
}

async function failOver(servers: Servers, options: Options, report: Report): Promise<Check[]> {
  const service = await startService({}, { env: { DATABASE_URL: servers.url } })
  try {
    const user = await buildUser(service)
    const first = await buildPost(service, await buildUser(service))
    const posts = createPostsJournal(user)
    const timeline = readTimeline(service, user, first.id)
    const stopping = new AbortController()
    const observer = observeService(service, user, stopping.signal)
    const writing = Array.from({ length: options.clients }, () =>
      posts.write(() => service, stopping.signal, 10),
    )
    const isReady = (status: number) => () => observer.readiness() === status
    const times = await replace(servers, options, {
      report,
      noticed: () => until('/readyz is 503', isReady(503)),
      recovered: async () => {
        const before = posts.acknowledged.size
        await until('a post is acknowledged', () => posts.acknowledged.size > before)
        await until('/readyz is 200', isReady(200))
      },
    }).finally(() => stopping.abort())
    await Promise.all(writing)
    const expected = [...posts.acknowledged.values()].sort()
    const isComplete = () => timeline.received.length >= expected.length
    await until('all posts arrived', isComplete).catch(() => {})
    await timeline.stop()
    return [
      ...checkResponses(posts, await observer.finished()),
      ...checkTimes(times, options),
      ...(await checkPosts(posts, service, options)),
      options.asynchronous
        ? holds('posts that the stream delivered', true, `${timeline.received.length} of ${expected.length}`)
        : holds(
            'the stream delivered every post once and in order',
            timeline.received.join() === expected.join(),
            `${timeline.received.length} of ${expected.length}`,
          ),
    ]
  } finally {
    await service.stop()
  }
}

type Seen = { report: Report; noticed: () => Promise<unknown>; recovered: () => Promise<unknown> }
type Times = { noticed: number; recovered: number }

/** Kills the primary, promotes the replica, and returns the seconds until the service has noticed either. */
async function replace({ primary, replica }: Servers, { outage }: Options, seen: Seen): Promise<Times> {
  await setTimeout(pauseMs)
  seen.report('killing the primary')
  await primary.kill()
  const noticed = await secondsUntil(seen.noticed)
  await setTimeout(outage * 1_000)
  seen.report('promoting the replica')
  await replica.execute('SELECT pg_promote()')
  const recovered = await secondsUntil(seen.recovered)
  await setTimeout(pauseMs)
  return { noticed, recovered }
}

async function secondsUntil(event: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await event()
  return (performance.now() - start) / 1_000
}

type Posts = ReturnType<typeof createPostsJournal>
type Observed = Awaited<ReturnType<ReturnType<typeof observeService>['finished']>>

function checkResponses(posts: Posts, observed: Observed): Check[] {
  const refused = posts.refusals.filter((refusal) => !isTemporary(refusal))
  const longest = Math.max(posts.longestMs(), observed.longestMs) / 1_000
  const unavailable = posts.refusals.length - refused.length + observed.unavailable
  return [
    holds('503 with Retry-After', unavailable > 0, unavailable),
    none('other responses than that, 2xx, and 409 to a repeated post', [
      ...observed.wrong,
      ...refused.map(({ status, text }) => `${status ?? ''} ${text}`),
    ]),
    holds(
      `no request takes longer than ${boundSeconds} s`,
      longest < boundSeconds,
      `${longest.toFixed(1)} s`,
    ),
    none('/livez other than 200', observed.live),
  ]
}

function checkTimes({ noticed, recovered }: Times, { within }: Options): Check[] {
  return [
    holds(`/readyz is 503 within ${within} s`, noticed <= within, `${noticed.toFixed(1)} s`),
    holds(
      `posts succeed and /readyz is 200 within ${within} s of the promotion`,
      recovered <= within,
      `${recovered.toFixed(1)} s`,
    ),
  ]
}

/** With asynchronous replication the count of lost posts is only shown: nothing promises their existence. */
async function checkPosts(
  posts: Posts,
  service: { url: string },
  { asynchronous }: Options,
): Promise<Check[]> {
  const checks = await posts.compare('posts', service)
  return asynchronous
    ? checks.map((check) => ({ ...check, passed: check.passed || /lost/.test(check.check) }))
    : checks
}
