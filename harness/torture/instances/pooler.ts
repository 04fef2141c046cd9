// Two instances behind haproxy that reach PostgreSQL through PgBouncer in transaction mode.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { createDatabase, type DatabaseEnv } from '../../database.ts'
import { locateProgram } from '../../programs/find.ts'
import { startPgbouncer } from '../../programs/pgbouncer.ts'
import { type Check, holds, type Trial } from '../trial.ts'
import { deploy } from './deployment.ts'
import { instanceNames } from './instances.ts'
import { loginLimit, type MixedLoad, startMixedLoad } from './mixed-load.ts'
import { checkSharedLimits, sharedLimits } from './shared-limits.ts'

const usage = `Usage: npm run torture -- pooler [options]

Two instances behind haproxy share one PostgreSQL through PgBouncer in transaction mode (deploy/haproxy/microposts.cfg,
deploy/pgbouncer/pgbouncer.ini). Clients send mixed requests, posts with an Idempotency-Key, and read streams of both instances. No
request may fail, each stream delivers every post once, and metrics, haproxy's log and rows are equal. Then the limits of logins,
sign-ups and posts must hold across the instances. Needs haproxy and PgBouncer.

  --seconds N          seconds of the load (20)
  --clients N          clients that send mixed requests (4)
  --seed N             varies the requests (1)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text
`

type Options = { seconds: number; clients: number; seed: number }
type Report = (text: string) => void

export const pooler: Trial = async (args, report) => {
  const defaults = { seconds: 20, clients: 4, seed: 1, databaseUrl: process.env.TEST_DATABASE_URL }
  const { databaseUrl, ...options } = readOptions(usage, defaults, args)
  if (!databaseUrl) throw new Error('Neither --database-url nor TEST_DATABASE_URL is set.')
  const program = locateProgram('pgbouncer')
  const direct = await createDatabase(databaseUrl)
  try {
    const pgbouncer = await startPgbouncer(program, direct.env.DATABASE_URL)
    const url = new URL(pgbouncer.url)
    url.searchParams.set('pgbouncer', 'true')
    const pooled = { DATABASE_URL: url.href }
    try {
      const loaded = await load(pooled, direct.env, options, report)
      report('limits')
      return { checks: [...loaded, ...(await limit(pooled))], tables: [] }
    } finally {
      await pgbouncer.stop()
    }
  } finally {
    await direct.drop()
  }
}

async function load(
  pooled: DatabaseEnv,
  direct: DatabaseEnv,
  options: Options,
  report: Report,
): Promise<Check[]> {
  const deployment = await deploy(pooled, { RATE_LIMIT_LOGIN: String(loginLimit) })
  const { proxy } = deployment
  try {
    const load = await startMixedLoad(proxy, options)
    const seen = await wait(load, options, report).finally(load.end)
    report('comparing')
    const settled = await deployment.settle(direct, load.ledger)
    const streaming = proxy.log.filter(({ path }) => path.endsWith('/timeline/stream'))
    const servers = new Set(streaming.map(({ server }) => server))
    const both = instanceNames.every((name) => servers.has(name))
    return [...seen, holds('streams of both instances', both, [...servers].join(', ')), ...settled]
  } finally {
    await deployment.stop()
  }
}

async function wait(load: MixedLoad, { seconds }: Options, report: Report): Promise<Check[]> {
  for (let second = 1; second <= seconds; second++) {
    report(`second ${second} of ${seconds}, ${load.client.served()} requests`)
    await setTimeout(1_000)
  }
  return load.stop()
}

async function limit(pooled: DatabaseEnv): Promise<Check[]> {
  const deployment = await deploy(pooled, sharedLimits)
  try {
    return await checkSharedLimits(deployment.proxy)
  } finally {
    await deployment.stop()
  }
}
