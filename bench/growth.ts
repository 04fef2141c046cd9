// How lists, timelines and searches slow down as posts become many.
import { parseArgs } from 'node:util'
import { machine } from '../harness/command-line/machine.ts'
import { table } from '../harness/command-line/table.ts'
import { createDatabase } from './database.ts'
import { fill, followees, token } from './growth/fill.ts'
import { startService } from './service.ts'

const HELP = `Fills two databases, one with few and one with many posts, and asks a service on each the same, in turn.

  npm run bench:growth -- [--posts 1000000] [--few 10000] [--rounds 200] [--server postgresql://user@host/postgres]

The user of --server (default: TEST_DATABASE_URL) may create databases; without one the embedded database is measured.
A million posts take some minutes and 1 GB, which are given back.
`

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '1000000' },
    few: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '200' },
    server: { type: 'string', default: process.env.TEST_DATABASE_URL },
    help: { type: 'boolean', default: false },
  },
})
/** The median of the many may be this many times that of the few. */
const target = 1.5
const search = (words: string) => `/api/posts?search=${encodeURIComponent(words)}`
const requests: Record<string, string> = {
  'list of all': '/api/posts',
  'posts of a user': '/api/users/user2/collection',
  [`timeline of ${followees} followees`]: '/api/users/user1/timeline',
  'search, in half of the posts': search('half'),
  'search, in 1 %': search('percent'),
  'search, in 50 posts': search('rare'),
  'search, in none': search('nothing'),
  'search, two words': search('half rare'),
  'search, one letter': search('w'),
}

if (values.help) process.stdout.write(HELP)
else await run(Number(values.few), Number(values.posts), Number(values.rounds))

async function run(few: number, many: number, rounds: number): Promise<void> {
  const stops: (() => Promise<unknown>)[] = []
  try {
    const urls: string[] = []
    for (const posts of [few, many]) {
      const database = await createDatabase(values.server)
      stops.unshift(database.drop)
      await fill(database, posts, (done) => progress(`${done} of ${posts} posts`))
      const service = await startService(database.env)
      stops.unshift(service.stop)
      urls.push(service.url)
    }
    report(few, many, await measure(urls, rounds))
  } finally {
    progress('')
    for (const stop of stops) await stop()
  }
}

/** Milliseconds of each request on each service, the services in turn. */
async function measure(urls: string[], rounds: number) {
  const times = Object.keys(requests).map((name) => ({ name, ms: urls.map((): number[] => []) }))
  for (let round = -20; round < rounds; round++) {
    progress(`round ${Math.max(round, 0)} of ${rounds}`)
    for (const { name, ms } of times)
      for (const [index, url] of urls.entries()) {
        const start = performance.now()
        const answer = await fetch(url + requests[name], { headers: { Authorization: `Bearer ${token}` } })
        await answer.arrayBuffer()
        if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
        if (round >= 0) ms[index]?.push(performance.now() - start)
      }
  }
  return times
}

function report(few: number, many: number, times: Awaited<ReturnType<typeof measure>>): void {
  const rows = times.map(({ name, ms: [ofFew = [], ofMany = []] }) => {
    const ratio = median(ofMany) / median(ofFew)
    return [
      name,
      median(ofFew).toFixed(1),
      median(ofMany).toFixed(1),
      ratio.toFixed(2),
      ratio <= target ? 'yes' : 'no',
    ]
  })
  const head = ['p50, ms', `${few} posts`, `${many} posts`, 'ratio', `≤ ${target}`]
  const where = values.server ? 'PostgreSQL' : 'the embedded database'
  progress('')
  process.stdout.write(`${table(head, rows)}\n\n${values.rounds} rounds on ${where}, ${machine()}\n`)
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
