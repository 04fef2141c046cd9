// Fills an empty database with so much data that slow statements show.

import { createProgress } from '../harness/command-line/progress.ts'
import { fill, followees, password } from '../harness/fill.ts'
import { exitWithUsage, readOptions } from '../lib/command-line.ts'

const usage = `Usage: npm run fill -- --database-url URL [options]

Creates the tables in an empty PostgreSQL database and fills them with users, follows and posts. Start the service on it
afterwards: DATABASE_URL=URL npm start

  --database-url URL   the database (DATABASE_URL)
  --posts N            posts (1000000)
  --users N            users, at least ${2 * followees} (10000)
  --follows N          users that each user follows (50); the first users are the most popular
  --help               shows this text

A million posts take about a minute and 1 GB of disk.
`

const defaults = { databaseUrl: process.env.DATABASE_URL, posts: 1_000_000, users: 10_000, follows: 50 }
const { databaseUrl, posts, users, follows } = readOptions(usage, defaults)
if (!databaseUrl) exitWithUsage('Name a database with --database-url.', usage)
if (users < 2 * followees) exitWithUsage(`--users ${users}: must be at least ${2 * followees}.`, usage)

const progress = createProgress()
try {
  const bar = progress.begin('posts', posts)
  await fill({ DATABASE_URL: databaseUrl }, { posts, users, follows }, (done) => bar.update(done))
  bar.end()
  progress.say(
    `\nLog in as user1, who follows ${followees} users. The password of every user is "${password}".`,
  )
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${(error as Error).message}\n`)
} finally {
  progress.stop()
}
