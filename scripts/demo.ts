// Fills a running service with users, follows and posts, then sends traffic, so that its metrics have something to show.

import { createProgress } from '../harness/command-line/progress.ts'
import { createRandom } from '../harness/random.ts'
import { readOptions } from '../lib/command-line.ts'
import { createClient } from './demo/client.ts'
import { fill, password } from './demo/fill.ts'
import { makeTraffic } from './demo/traffic.ts'

const usage = `Usage: npm run demo -- [options]

Fills a running service with people, follows and conversations, then sends traffic, which includes new posts. Prints an
account that you can log in with, to watch its timeline grow.

  --url URL     the service (http://localhost:3000)
  --users N     users (12)
  --posts N     posts before the traffic (60)
  --seconds N   duration of the traffic (30)
  --rate N      requests per second of the traffic (20)
  --seed N      seed of the random choices (1)
  --help        shows this text

Later runs use the same users, who continue their conversations. The service's rate limits apply: with its default limits
four users sign up, and one sign-up is left for you. For more users or a higher rate start the service with
RATE_LIMIT_SIGNUP=0 RATE_LIMIT_REQUESTS=0 RATE_LIMIT_LOGIN=0 RATE_LIMIT_POSTS=0.
`

const defaults = { url: 'http://localhost:3000', users: 12, posts: 60, seconds: 30, rate: 20, seed: 1 }
const { url, users, posts, seconds, rate, seed } = readOptions(usage, defaults)
const client = createClient(url)
const random = createRandom(seed)
const progress = createProgress()
try {
  const filled = await fill(client, random, progress, { users, posts })
  progress.say(`
Log in at ${new URL('/login', url)} and watch the timeline grow:
  Username  ${filled.users[0]?.username}
  Password  ${password}
`)
  await makeTraffic(client, random, progress, { ...filled, seconds, rate })
  process.stdout.write(client.summary())
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${(error as Error).message}\n`)
} finally {
  progress.stop()
}
