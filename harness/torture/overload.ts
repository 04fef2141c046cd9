// More load than the service can take, at fixed arrival rates (an open loop), and a flood of logins.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../lib/command-line.ts'
import { quantile } from '../command-line/statistics.ts'
import { table } from '../command-line/table.ts'
import { createDatabase } from '../database.ts'
import { buildPost, buildUser, type User } from '../http/client.ts'
import { type Service, startService } from '../service.ts'
import {
  type Answer,
  type Connections,
  closedLoop,
  createConnections,
  get,
  openLoop,
  post,
} from './open-loop.ts'
import { holds, none, type Trial } from './trial.ts'

const usage = `Usage: npm run torture -- overload [options]

Measures the capacity for lists of 20 posts with 16 clients. Then sends requests at 0.8, 1, 2 and 3 times that rate, whatever
the service answers, then wrong passwords from 200 clients. Meanwhile health checks and scrapes must always succeed.

  --seconds N          seconds of each step (10)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" for the embedded database
  --help               shows this text
`

/** Fewer than the service ever rejects. */
const clients = 16
const attackers = 200

export const overload: Trial = async (args, report) => {
  const defaults = { seconds: 10, databaseUrl: process.env.TEST_DATABASE_URL }
  const { seconds, databaseUrl } = readOptions(usage, defaults, args)
  const database = await createDatabase(databaseUrl)
  const service = await startService({ MAX_CONNECTIONS: '0', OVERLOAD_DELAY: '50ms' }, database)
  const connections = createConnections(service)
  const probes = watch(service)
  try {
    const user = await buildUser(service)
    for (let count = 0; count < 40; count++) await buildPost(service, user)
    const list = () => get(`/api/users/${user.username}/collection`)
    report('capacity')
    // The first requests are slow, because nothing is compiled yet.
    await closedLoop(connections, list, { clients, seconds })
    const capacity = (await closedLoop(connections, list, { clients, seconds })).length / seconds

    const steps = [0.8, 1, 2, 3, 0.8]
    const measured: { factor: number; answers: Answer[] }[] = []
    for (const factor of steps) {
      report(`${factor} × ${capacity.toFixed(0)} requests per second`)
      measured.push({
        factor,
        answers: await openLoop(connections, list, { rate: factor * capacity, seconds }),
      })
      // Recovery.
      await setTimeout(2_000)
    }
    report(`${attackers} clients with wrong passwords`)
    const flood = await floodLogins(connections, user, list, seconds)
    const all = [...measured.flatMap(({ answers }) => answers), ...flood.logins, ...flood.reads]
    const ended = await probes.stop()
    return {
      tables: [
        table(
          ['Offered', 'requests/s', 'answered/s', 'p50 ms', 'p99 ms', 'rejected', 'their p99 ms'],
          [
            ['capacity', '', capacity.toFixed(0), '', '', '', ''],
            ...measured.map(({ factor, answers }) => describe(`${factor} ×`, answers, seconds)),
            describe('logins', flood.logins, seconds),
            describe('reads meanwhile', flood.reads, seconds),
          ],
        ),
      ],
      checks: [
        none(
          'Every request is answered',
          all.filter(({ fault }) => fault).map(({ fault }) => fault),
        ),
        none(
          'with 200, 401 (logins) or 503 and Retry-After',
          all
            .filter(
              ({ status, retryAfter }) => ![0, 200, 401].includes(status) && !(status === 503 && retryAfter),
            )
            .map(({ status }) => status),
        ),
        holds(
          '3 × the capacity: some are rejected',
          count(measured[3]?.answers, 503) > 0,
          count(measured[3]?.answers, 503),
        ),
        holds(
          'and some are admitted',
          count(measured[3]?.answers, 200) > 0,
          count(measured[3]?.answers, 200),
        ),
        holds('Logins beyond the queue are rejected', count(flood.logins, 503) > 0, count(flood.logins, 503)),
        none('Health checks and scrapes always succeed', ended.failures),
        holds('and there were some', ended.successes > 0, ended.successes),
      ],
    }
  } finally {
    connections.close()
    await service.stop()
    await database.drop()
  }
}

const count = (answers: Answer[] = [], status: number) =>
  answers.filter((answer) => answer.status === status).length

function describe(name: string, answers: Answer[], seconds: number): (string | number)[] {
  const admitted = answers.filter(({ status }) => status !== 503).map(({ ms }) => ms)
  const rejected = answers.filter(({ status }) => status === 503).map(({ ms }) => ms)
  const at = (numbers: number[], share: number) =>
    numbers.length > 0 ? quantile(numbers, share).toFixed(0) : ''
  const rate = (number: number) => (number / seconds).toFixed(0)
  return [
    name,
    rate(answers.length),
    rate(admitted.length),
    at(admitted, 0.5),
    at(admitted, 0.99),
    `${((100 * rejected.length) / answers.length).toFixed(0)} %`,
    at(rejected, 0.99),
  ]
}

async function floodLogins(
  connections: Connections,
  { username }: User,
  list: () => string,
  seconds: number,
) {
  const login = post('/api/login', { username, password: 'not the password' })
  const [logins, reads] = await Promise.all([
    closedLoop(connections, () => login, { clients: attackers, seconds }),
    openLoop(connections, list, { rate: 50, seconds }),
  ])
  return { logins, reads }
}

/** Requests the health checks and the metrics all the time; `stop` returns how often they succeeded, and each failure. */
function watch(service: Service) {
  const urls = [`${service.url}/livez`, `${service.url}/readyz`, service.metricsUrl]
  const failures: string[] = []
  let successes = 0
  let running = true
  const loop = async (url: string) => {
    while (running) {
      const status = await statusOf(url)
      if (status === 200) successes++
      else failures.push(`${new URL(url).pathname}: ${status}`)
      await setTimeout(50)
    }
  }
  const loops = Promise.all(urls.map(loop))
  return {
    stop: async () => {
      running = false
      await loops
      return { failures, successes }
    },
  }
}

async function statusOf(url: string): Promise<number | string> {
  try {
    const response = await fetch(url)
    await response.text()
    return response.status
  } catch (error) {
    return (error as Error).message
  }
}
