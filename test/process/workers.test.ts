// Several workers behind one port. How their metrics come together is in otel-workers.test.ts.
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase } from '../../harness/database.ts'
import { buildUser } from '../../harness/http/client.ts'
import { hasServer } from '../../harness/postgres.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { startPrometheus } from '../../harness/programs/prometheus.ts'
import { runService, startService } from '../../harness/service.ts'
import { attributesOf, samplesOf } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { askFor } from '../otel/pull/support/scraped.ts'

const count = 'http_server_request_duration_seconds_count'
const live = { http_route: '/livez' }

type Workers = Awaited<ReturnType<typeof startWorkers>>

/** Two workers on an empty database; `end` kills all that is left and drops it. */
async function startWorkers(env: Record<string, string> = {}) {
  const database = await freshServerDatabase()
  const service = await startService({ WORKERS: '2', ...env }, database)
  const said = (message: string) => service.lines.filter(({ msg }) => msg === message)
  const end = async () => {
    service.kill('SIGKILL')
    await service.exited
    await database.drop()
  }
  return { ...service, said, pids: () => said('worker started').map(({ pid }) => Number(pid)), end }
}

async function start(env?: Record<string, string>) {
  const service = await startWorkers(env)
  onTestFinished(service.end)
  return service
}

/** A process that is killed with its test, whatever becomes of it. */
function run(env: Record<string, string>) {
  const service = runService({ WORKERS: '2', ...env })
  onTestFinished(() => {
    service.kill('SIGKILL')
  })
  return service
}

/** Each on a connection of its own: the primary deals them out in turn. */
async function visit(url: string, times: number) {
  for (let time = 0; time < times; time++) expect((await askFor(`${url}/livez`)).status).toBe(200)
}

const instancesOf = (page: Scrape, name: string) =>
  page.series(name).map(({ labels }) => labels.service_instance_id)

/** The names of all samples that only go up. */
const countersOf = ({ families }: Scrape): string[] => {
  const samples = [...families.values()]
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .flatMap((family) => family.samples)
  return [...new Set(samples.map(({ name }) => name))]
}

describe.runIf(hasServer())('WORKERS=2', () => {
  let service: Workers
  beforeAll(async () => {
    service = await startWorkers({ RATE_LIMIT_REQUESTS: '6' })
  })
  afterAll(() => service.end())

  it('serves one port with both, and one page with the requests of each', async () => {
    await visit(service.url, 20)

    const page = await scrape(service)
    expect(page.series(count, live).map(({ value }) => value)).toEqual([10, 10])
    expect(instancesOf(page, 'microposts_migrations_applied')).toEqual(
      page.series(count, live).map(({ labels }) => labels.service_instance_id),
    )
    expect(instancesOf(page, 'microposts_worker_restarted_total')).toHaveLength(3)
  })

  it('says once what is so for all, and for which worker it is not', () => {
    const once = ['metrics exported', 'listening', 'migration applied', 'ready']
    expect(once.map((message) => service.said(message).length)).toEqual([1, 1, 1, 1])
    expect(service.said('ready')).toMatchObject([{ workers: 2 }])
    expect(service.said('worker ready').map(({ worker }) => worker)).toEqual([1, 2])
  })

  it('holds the limit on requests over both', async () => {
    const answers = []
    for (let time = 0; time < 8; time++) answers.push(await askFor(`${service.url}/api/users`))

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429, 429])
    expect(answers.map(({ headers }) => headers['ratelimit-remaining'])).toEqual([...'54321000'])
    const series = (await scrape(service)).series(count, {
      http_response_status_code: '200',
      http_route: '/api/users',
    })
    expect(series.map(({ value }) => value)).toEqual([3, 3])
  })
})

describe.runIf(hasServer())('one of several workers', () => {
  it('replaces a worker that dies: to Prometheus its series end, and no other begins anew', async (context) => {
    const program = requireProgram('prometheus', context)
    const service = await start()
    const prometheus = await startPrometheus(
      program,
      `scrape_configs:
  - job_name: microposts
    scrape_interval: 1s
    static_configs: [{ targets: ['${new URL(service.metricsUrl).host}'] }]
`,
    )
    onTestFinished(() => prometheus.stop())
    const seen = async (expression: string) => (await prometheus.query(expression))[0]?.value
    const requests = `${count}{http_route="/livez"}`
    await visit(service.url, 20)
    await until('Prometheus has all', async () => (await seen(`sum(${requests})`)) === 20)
    const [dead = 0, other = 0] = service.pids()
    process.kill(dead, 'SIGKILL')

    expect(await service.logged('worker died')).toMatchObject({ worker: 1, code: null, signal: 'SIGKILL' })
    await until('the new one is ready', () => service.said('worker ready').length === 3)
    await visit(service.url, 20)
    const sum = `sum(max_over_time(${requests}[5m]))`
    await until('Prometheus has all', async () => (await seen(sum)) === 40)

    const counters = countersOf(await scrape(service))
    expect(counters).toContain(count)
    for (const counter of counters) expect(await prometheus.query(`resets(${counter}[5m]) > 0`)).toEqual([])
    expect((await prometheus.query(requests)).map(({ value }) => value).sort()).toEqual([10, 20])
    expect(await seen(`count(max_over_time(${requests}[5m]))`)).toBe(3)
    expect(await seen('sum(microposts_worker_restarted_total)')).toBe(1)
    const [, , replacement] = service.pids()
    expect(new Set([dead, other, replacement]).size).toBe(3)
  })

  it('does not outlive the primary', async () => {
    const service = await start()
    service.kill('SIGKILL')
    await service.exited

    await until('no worker is left', () => service.pids().every((pid) => !isAlive(pid)))
  })

  it('answers what is under way when it stops, and pushes the last values of each process', async () => {
    const collector = await startCollector()
    onTestFinished(collector.stop)
    const service = await start({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
    })
    const { username, token } = await buildUser(service)
    const text = JSON.stringify({ text: 'the last one' })
    const halves = Array.from({ length: 4 }, () => {
      const socket = connect(Number(new URL(service.url).port), 'localhost')
      let answer = ''
      socket.on('data', (data) => {
        answer += data
      })
      socket.write(
        `POST /api/users/${username}/collection HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 5)}`,
      )
      return { socket, answer: () => answer }
    })
    const active = (page: Scrape) =>
      page.series('http_server_active_requests', { http_request_method: 'POST' })
    await until('all are under way', async () => {
      const series = active(await scrape(service))
      return series.map(({ value }) => value).join() === '2,2'
    })
    service.kill('SIGTERM')
    await until('no connection is taken any more', () =>
      fetch(`${service.url}/livez`).then(
        () => false,
        () => true,
      ),
    )
    for (const { socket } of halves) socket.write(text.slice(5))

    expect(await service.exited).toBe(0)
    for (const { answer } of halves) expect(answer()).toMatch(/^HTTP\/1.1 201 Created\r\n/)
    const pushes = collector.received.map(({ push }) => push)
    const instances = pushes.map(
      ({ resourceMetrics: [only] }) => only && attributesOf(only.resource.attributes)['service.instance.id'],
    )
    expect(new Set(instances).size).toBe(3)
    const created = pushes.flatMap((push) =>
      [...samplesOf(push)].filter(([key]) => key.startsWith('microposts_post_created_total')),
    )
    expect(created.reduce((sum, [, value]) => sum + value, 0)).toBe(4)
    expect(service.said('worker stopped').map(({ code }) => code)).toEqual([0, 0])
    expect(service.lines.at(-1)?.msg).toBe('stopped')
    expect(service.stderr()).toBe('')
  })

  it('says once that its port is taken, and exits with 1', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      other.close()
    })
    const { port } = other.address() as AddressInfo
    const database = await freshServerDatabase()
    onTestFinished(database.drop)
    const service = run({ HOST: '127.0.0.1', PORT: String(port), ...database.env })

    expect(await service.exited).toBe(1)
    expect(service.stderr()).toBe(
      `Cannot listen on HOST=127.0.0.1 PORT=${port}: another process listens there.\n`,
    )
  })

  it('says once that there is no such database, and exits with 1', async () => {
    const database = await freshServerDatabase()
    await database.drop()
    const service = run(database.env)

    expect(await service.exited).toBe(1)
    expect(service.stderr()).toMatch(/^database ".*" does not exist\n$/)
  })
})

it('refuses several workers of the embedded database, beside what else is wrong', async () => {
  const service = run({ PORT: 'x' })

  expect(await service.exited).toBe(1)
  expect(service.stderr()).toBe(
    'PORT="x": must be a whole number from 0 to 65535\n' +
      'WORKERS="2": must be 1 without DATABASE_URL: the embedded database supports one process\n',
  )
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
