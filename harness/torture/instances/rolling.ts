// Restarts two instances behind haproxy, one after the other, while clients send everything that they may send.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { createDatabase } from '../../database.ts'
import { until } from '../../until.ts'
import { type Check, none, type Trial } from '../trial.ts'
import { type Deployment, deploy } from './deployment.ts'
import { type InstanceName, instanceNames } from './instances.ts'
import { loginLimit, type MixedLoad, startMixedLoad } from './mixed-load.ts'

const usage = `Usage: npm run torture -- rolling [options]

Two instances on one PostgreSQL behind haproxy (deploy/haproxy/microposts.cfg) are restarted one after the other with SIGTERM, while
clients send mixed requests and posts without an Idempotency-Key, and read streams. No request may fail or be sent twice by haproxy,
each stop ends within 10 s, each stream resumes without loss or repetition, and the last metrics of all processes equal haproxy's log
and the rows. Needs haproxy.

  --restarts N         restarts of each instance (5)
  --clients N          clients that send mixed requests (4)
  --workers N          processes of each instance that serve requests (1)
  --seed N             varies the requests (1)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text
`

/** Of the load before and after each stop. */
const pauseMs = 1_500

type Options = { restarts: number; clients: number; workers: number; seed: number }
type Report = (text: string) => void

export const rolling: Trial = async (args, report) => {
  const defaults = {
    restarts: 5,
    clients: 4,
    workers: 1,
    seed: 1,
    databaseUrl: process.env.TEST_DATABASE_URL,
  }
  const { databaseUrl, ...options } = readOptions(usage, defaults, args)
  if (!databaseUrl) throw new Error('Neither --database-url nor TEST_DATABASE_URL is set.')
  const database = await createDatabase(databaseUrl)
  try {
    const env = { RATE_LIMIT_LOGIN: String(loginLimit), WORKERS: String(options.workers) }
    const deployment = await deploy(database.env, env)
    try {
      const load = await startMixedLoad(deployment.proxy, options)
      const seen = await roll(deployment, load, options, report).finally(load.end)
      report('comparing')
      return { checks: [...seen, ...(await deployment.settle(database.env, load.ledger))], tables: [] }
    } finally {
      await deployment.stop()
    }
  } finally {
    await database.drop()
  }
}

async function roll(
  deployment: Deployment,
  load: MixedLoad,
  { restarts }: Options,
  report: Report,
): Promise<Check[]> {
  for (let restart = 1; restart <= restarts; restart++)
    for (const name of instanceNames) {
      report(`restart ${restart} of ${restarts} of instance ${name}, ${load.client.served()} requests`)
      await restartBehind(deployment, load, name)
      if (load.hasEnded()) return load.stop()
    }
  const seen = await load.stop()
  const sentAgain = deployment.proxy.log.filter(({ retries }) => retries > 0)
  return [
    ...seen,
    none(
      'requests that haproxy sent again',
      sentAgain.map(({ method, path }) => `${method} ${path}`),
    ),
  ]
}

/** Restarts an instance and waits until haproxy sends it requests again, as an operator must before the next restart. */
async function restartBehind({ proxy, instances }: Deployment, load: MixedLoad, name: InstanceName) {
  await setTimeout(pauseMs)
  await instances.stop(name)
  await setTimeout(pauseMs)
  const before = proxy.log.length
  await instances.start(name)
  const isUsed = () => proxy.log.slice(before).some(({ server }) => server === name)
  await until(`haproxy uses instance ${name}`, () => load.hasEnded() || isUsed(), 60_000)
}
