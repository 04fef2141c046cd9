// Fills a running service with users, posts and follows, then makes traffic, so that there is something to see.
import { parseArgs } from 'node:util'
import { createProgress } from '../harness/command-line/progress.ts'
import { createRandom } from '../harness/random.ts'
import { createClient } from './demo/client.ts'
import { fill } from './demo/fill.ts'
import { makeTraffic } from './demo/traffic.ts'

const help = `Fills a running service with users, posts and follows, then makes traffic.

Usage: npm run demo -- [options]

  --url URL        the service                          (http://localhost:3000)
  --users N        users to have                        (5)
  --posts N        posts to write                       (60)
  --seconds N      how long to make traffic             (30)
  --rate N         requests a second of that traffic    (20)
  --seed N         makes another run of the same kind   (1)
  --help

A second run uses the users of the first. The service's limits hold for it too: for more users or a higher rate,
start the service with RATE_LIMIT_SIGNUP=0 RATE_LIMIT_REQUESTS=0 RATE_LIMIT_LOGIN=0 RATE_LIMIT_POSTS=0.
`

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:3000' },
    users: { type: 'string', default: '5' },
    posts: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(help)
else
  await demo().catch((error: Error) => {
    process.exitCode = 1
    process.stderr.write(`${error.message}\n`)
  })

async function demo() {
  const [users, posts, seconds, rate, seed] = (['users', 'posts', 'seconds', 'rate', 'seed'] as const).map(
    number,
  )
  if (!users || !posts || !seconds || !rate || !seed) return
  const client = createClient(values.url)
  const random = createRandom(seed)
  const progress = createProgress()
  try {
    const filled = await fill(client, random, progress, { users, posts })
    await makeTraffic(client, random, progress, { ...filled, seconds, rate })
  } finally {
    progress.stop()
  }
  process.stdout.write(client.summary())
}

function number(name: 'users' | 'posts' | 'seconds' | 'rate' | 'seed'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${name} ${values[name]} is not a whole number from 1 on.`)
}
