// Compares lists, timelines and searches on a small and a large database.

import { machine } from '../harness/command-line/machine.ts'
import { showStatus } from '../harness/command-line/progress.ts'
import { median } from '../harness/command-line/statistics.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase } from '../harness/database.ts'
import { fill, followees, tokenOf } from '../harness/fill.ts'
import { call } from '../harness/http/client.ts'
import { startService } from '../harness/service.ts'
import { readOptions } from '../lib/command-line.ts'
import { addQuietUsers, quietFollowees } from './growth/quiet-users.ts'

const usage = `Usage: npm run bench -- growth [options]

Fills two databases, one with few and one with many posts, and sends the same requests to a service on each.

  --few N              posts in the small database (10000)
  --posts N            posts in the large database (1000000)
  --rounds N           requests of each kind to each service (200)
  --database-url URL   a PostgreSQL server, whose user may create databases (TEST_DATABASE_URL);
                       without it the embedded database is measured
  --help               shows this text

The median may grow by half at most; that of a search for what new posts lack may take 50 ms.

A million posts take some minutes and 1 GB of disk, which is freed at the end.
`

const defaults = {
  few: 10_000,
  posts: 1_000_000,
  rounds: 200,
  databaseUrl: process.env.TEST_DATABASE_URL,
}

/** The median on the large database may be this many times the median on the small one. */
const maximumRatio = 1.5
/** An unusual search may grow more, but take no longer than this. Its page may be short or empty. */
const maximumMs = 50
const warmUpRounds = 20

type Request = { path: string; user?: number; isUnusual?: boolean }
const search = (text: string): Request => ({ path: `/api/posts?search=${encodeURIComponent(text)}` })
/** A search for what new posts lack. */
const unusual = (text: string): Request => ({ ...search(text), isUnusual: true })
const timeline = (user: number): Request => ({ path: `/api/users/user${user}/timeline`, user })
const requests: Record<string, Request> = {
  'list of all': { path: '/api/posts' },
  'posts of a user': { path: '/api/users/user2/collection' },
  [`timeline of ${followees} followees`]: timeline(1),
  ...Object.fromEntries(
    quietFollowees.map((count, index) => [`timeline of ${count} quiet followees`, timeline(index + 2)]),
  ),
  'search, in half of the posts': search('half'),
  'search, in 1 %': search('percent'),
  'search, in 50 posts': search('rare'),
  'search, in none': search('nothing'),
  'search, two words': search('half rare'),
  'search, one letter': search('w'),
  'search, in 1 of 300': search('w300'),
  'search, in 50 posts and one letter': search('rare w'),
  'search, in half of all but new posts': unusual('formerly'),
  'search, in the older half': unusual('bygone'),
  'search, in the oldest 10,001': unusual('ancient'),
  'search, one letter that new posts lack': unusual('z'),
  'search, four letters that new posts lack': unusual('zone'),
  'search, frequent word and such a letter': unusual('half z'),
  'search, two words that never occur together': unusual('half formerly'),
}

export async function growth(args: string[]): Promise<void> {
  const { few, posts: many, rounds, databaseUrl } = readOptions(usage, defaults, args)
  const cleanUps: (() => Promise<unknown>)[] = []
  try {
    const urls: string[] = []
    for (const posts of [few, many]) {
      const database = await createDatabase(databaseUrl)
      cleanUps.unshift(database.drop)
      await fill(database.env, { posts }, (done) => showStatus(`${done} of ${posts} posts`))
      await addQuietUsers(database.env)
      const service = await startService({}, database)
      cleanUps.unshift(service.stop)
      urls.push(service.url)
    }
    const rows = rowsOf(await measure(urls, rounds))
    const head = ['p50, ms', `${few} posts`, `${many} posts`, 'ratio', 'target met']
    const where = databaseUrl ? 'PostgreSQL' : 'the embedded database'
    showStatus('')
    process.stdout.write(`${table(head, rows)}\n\n${rounds} rounds on ${where}, ${machine()}\n`)
  } finally {
    showStatus('')
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

/** Returns the milliseconds of each request on each service. The services take turns. */
async function measure(urls: string[], rounds: number) {
  const times = Object.entries(requests).map(([name, request]) => ({
    name,
    request,
    ms: urls.map((): number[] => []),
  }))
  for (let round = 1 - warmUpRounds; round <= rounds; round++) {
    showStatus(`round ${Math.max(round, 0)} of ${rounds}`)
    for (const { name, request, ms } of times)
      for (const [index, url] of urls.entries()) {
        const start = performance.now()
        const { status } = await call({ url }, 'GET', request.path, { token: tokenOf(request.user ?? 1) })
        if (status !== 200) throw new Error(`${name}: ${status}`)
        if (round > 0) ms[index]?.push(performance.now() - start)
      }
  }
  return times
}

function rowsOf(times: Awaited<ReturnType<typeof measure>>): string[][] {
  return times.map(({ name, request, ms: [small = [], large = []] }) => {
    const ratio = median(large) / median(small)
    const isMet = request.isUnusual ? median(large) <= maximumMs : ratio <= maximumRatio
    return [name, median(small).toFixed(1), median(large).toFixed(1), ratio.toFixed(2), isMet ? 'yes' : 'no']
  })
}
