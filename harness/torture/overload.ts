// More load than the service can take, at fixed arrival rates (an open loop), and a flood of logins.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../lib/command-line.ts'
import { createDatabase, type TemporaryDatabase } from '../database.ts'
import { buildPost, buildUser } from '../http/client.ts'
import { freePort } from '../http/free-port.ts'
import { locateProgram } from '../programs/find.ts'
import { startHaproxy } from '../programs/haproxy.ts'
import { type Service, startService } from '../service.ts'
import { cpuBetween, cpuTimes, databasePids, type Pids, pin } from './load/cpu.ts'
import type { Job } from './load/jobs.ts'
import { coresTable, goalsTable, type Measured, type Step, stepsTable, withStatus } from './load/report.ts'
import { get, post } from './load/requests.ts'
import { type Sender, startSender } from './load/start-sender.ts'
import { watch } from './load/watch.ts'
import { holds, none, type Trial } from './trial.ts'

const usage = `Usage: npm run torture -- overload [options]

Measures the capacity for lists of 20 posts with 16 clients. Then sends requests at 0.8, 1, 2 and 3 times that rate, whatever
the service answers, then wrong passwords from 200 clients. Meanwhile health checks and scrapes must always succeed.

  --seconds N          seconds of each step (10)
  --haproxy            sends everything through haproxy (deploy/haproxy/microposts.cfg), which rejects before the service does
  --pin                runs the service on CPU 0 and all others on CPU 1, so that they do not share one (Linux, as root)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" for the embedded database
  --help               shows this text
`

/** No more than the service always admits. */
const clients = 16
const attackers = 200
const factors = [0.8, 1, 2, 3] as const

export const overload: Trial = async (args, report) => {
  const defaults = { seconds: 10, haproxy: false, pin: false, databaseUrl: process.env.TEST_DATABASE_URL }
  const { seconds, haproxy, pin: isPinned, databaseUrl } = readOptions(usage, defaults, args)
  const database = await createDatabase(databaseUrl)
  const service = await startService({ MAX_CONNECTIONS: '0', OVERLOAD_DELAY: '50ms' }, database)
  const proxy = haproxy ? await startProxy(service) : undefined
  const target = proxy ?? service
  const [sender, otherSender] = [await startSender(target), await startSender(target)]
  const probes = watch(service)
  try {
    const scene = { service, database, sender }
    const user = await buildUser(service)
    for (let count = 0; count < 40; count++) await buildPost(service, user)
    const list = [get(`/api/users/${user.username}/collection`)]
    const login = [post('/api/login', { username: user.username, password: 'not the password' })]
    report('capacity')
    // The first requests are slow, because nothing is compiled yet.
    await sender.run({ texts: list, clients, seconds })
    if (isPinned) await pinAll(scene, [otherSender.pid, proxy?.pid])
    const capacity = await measure(scene, 'capacity', { texts: list, clients, seconds })
    const step = (factor: number, name = `${factor} ×`) => {
      const rate = (factor * capacity.answers.length) / capacity.seconds
      report(`${factor} × the capacity: ${rate.toFixed(0)} requests per second`)
      return measure(scene, name, { texts: list, rate, seconds })
    }
    const [usual, full, twice, thrice] = factors
    const steps: Measured['steps'] = [
      await step(usual),
      await settle(() => step(full)),
      await settle(() => step(twice)),
      await settle(() => step(thrice)),
      await step(usual, `${usual} × again`),
    ]
    report(`${attackers} clients with wrong passwords`)
    const [logins, reads] = await Promise.all([
      measure(scene, 'logins', { texts: login, clients: attackers, seconds }),
      measure({ ...scene, sender: otherSender }, 'reads meanwhile', { texts: list, rate: 50, seconds }),
    ])
    const measured = { capacity, steps, logins, reads }
    return {
      tables: [stepsTable(measured), coresTable(measured), goalsTable(measured)],
      checks: checks(measured, await probes.stop()),
    }
  } finally {
    await probes.stop()
    await Promise.all([sender.stop(), otherSender.stop()])
    await proxy?.stop()
    await service.stop()
    await database.drop()
  }
}

/** The second instance of the configuration does not exist. */
async function startProxy({ url }: Service) {
  const addresses = { ONE: new URL(url).host, TWO: `127.0.0.1:${await freePort()}` }
  const ready = (port: number) => `http://127.0.0.1:${port}/readyz`
  return startHaproxy(locateProgram('haproxy'), 'microposts.cfg', addresses, ready)
}

type Scene = { service: Service; database: TemporaryDatabase; sender: Sender }

/** Two seconds without load are enough for the service to recover. */
async function settle<T>(next: () => Promise<T>): Promise<T> {
  await setTimeout(2_000)
  return next()
}

async function pinAll({ service, database, sender }: Scene, others: Pids) {
  pin([service.pid], 0)
  pin([sender.pid, ...others, ...(await databasePids(database.env))], 1)
}

async function measure({ service, database, sender }: Scene, name: string, job: Job): Promise<Step> {
  const programs = { service: [service.pid], sender: [sender.pid] }
  const backends = cpuTimes(await databasePids(database.env))
  const before = { service: cpuTimes(programs.service), sender: cpuTimes(programs.sender) }
  const start = performance.now()
  const answers = await sender.run(job)
  const seconds = (performance.now() - start) / 1_000
  const cores = {
    service: cpuBetween(before.service, cpuTimes(programs.service)) / seconds,
    sender: cpuBetween(before.sender, cpuTimes(programs.sender)) / seconds,
    postgresql: cpuBetween(backends, cpuTimes(await databasePids(database.env))) / seconds,
  }
  return { name, answers, seconds, cores }
}

function checks(
  { capacity, steps, logins, reads }: Measured,
  probes: { failures: string[]; successes: number },
) {
  const all = [capacity, ...steps, logins, reads].flatMap(({ answers }) => answers)
  const [, , , thrice] = steps
  const rejected = withStatus(thrice, 503).length
  const admitted = withStatus(thrice, 200).length
  const rejectedLogins = withStatus(logins, 503).length
  return [
    none(
      'Every request is answered, and every 503 has a Retry-After',
      all.flatMap(({ fault }) => fault ?? []),
    ),
    none(
      'with 200, 401 (logins) or 503',
      all.map(({ status }) => status).filter((status) => ![0, 200, 401, 503].includes(status)),
    ),
    holds('3 × the capacity: some are rejected', rejected > 0, rejected),
    holds('and some are admitted', admitted > 0, admitted),
    holds('Logins beyond the queue are rejected', rejectedLogins > 0, rejectedLogins),
    none('Health checks and scrapes always succeed', probes.failures),
    holds('and there were some', probes.successes > 0, probes.successes),
  ]
}
