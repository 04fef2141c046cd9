// Several workers behind one port. test/otel/workers.test.ts covers how their metrics are merged.
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { freePort } from '../../harness/http/free-port.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { startPrometheus } from '../../harness/programs/prometheus.ts'
import { runService, startService } from '../../harness/service.ts'
import { attributesOf, samplesOf } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { readMigrations } from '../../src/database/migrations/files.ts'
import { askFor } from '../otel/pull/support/scraped.ts'

const count = 'http_server_request_duration_seconds_count'
const live = { http_route: '/livez' }

type Workers = Awaited<ReturnType<typeof startWorkers>>

/** Starts two workers on an empty database; `end` kills them and drops it. */
async function startWorkers(env: Record<string, string> = {}) {
  const database = await freshServerDatabase()
  const service = await startService({ WORKERS: '2', ...env }, database)
  const linesOf = (message: string) => service.lines.filter(({ msg }) => msg === message)
  const end = async () => {
    service.kill('SIGKILL')
    await service.exited
    await database.drop()
  }
  return { ...service, linesOf, pids: () => linesOf('worker started').map(({ pid }) => Number(pid)), end }
}

async function start(env?: Record<string, string>) {
  const service = await startWorkers(env)
  onTestFinished(service.end)
  return service
}

/** Starts a process, which is killed when the test ends. */
function run(env: Record<string, string>) {
  const service = runService({ WORKERS: '2', ...env })
  onTestFinished(() => {
    service.kill('SIGKILL')
  })
  return service
}

/** Sends requests, each on a connection of its own, until every worker has served one. Returns how many it sent. */
async function visitAllWorkers(service: Workers): Promise<number> {
  let sent = 0
  await until('every worker has served a request', async () => {
    for (let i = 0; i < 5; i++, sent++) expect((await askFor(`${service.url}/livez`)).status).toBe(200)
    return (await scrape(service)).series(count, live).length === 2
  })
  return sent
}

const instancesOf = (scraped: Scrape, name: string) =>
  scraped.series(name).map(({ labels }) => labels.service_instance_id)

/** The names of all cumulative samples. */
const countersOf = ({ families }: Scrape): string[] => {
  const samples = [...families.values()]
    .filter(({ type }) => type === 'counter' || type === 'histogram')
    .flatMap((family) => family.samples)
  return [...new Set(samples.map(({ name }) => name))]
}

describe.runIf(hasServer())('two workers', () => {
  let service: Workers
  beforeAll(async () => {
    service = await startWorkers({
      RATE_LIMIT_REQUESTS: '100',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
    })
  })
  afterAll(() => service.end())

  it('serve one port, and one scrape with the series of each process', async () => {
    const sent = await visitAllWorkers(service)

    const scraped = await scrape(service)
    expect(scraped.sum(count, live)).toBe(sent)
    expect(instancesOf(scraped, 'microposts_migrations_applied')).toEqual(
      scraped.series(count, live).map(({ labels }) => labels.service_instance_id),
    )
    expect(instancesOf(scraped, 'microposts_worker_restarted_total')).toHaveLength(3)
  })

  it('log once what concerns all of them, and per worker when it is ready', () => {
    const once = ['metrics exported', 'listening', 'ready']
    expect(once.map((message) => service.linesOf(message).length)).toEqual([1, 1, 1])
    expect(service.linesOf('migration applied')).toHaveLength(readMigrations().length)
    expect(service.linesOf('ready')).toMatchObject([{ workers: 2 }])
    expect(service.linesOf('worker ready').map(({ worker }) => worker)).toEqual([1, 2])
  })

  it('link their front page to the live view of the primary', async () => {
    const { text } = await call(service, 'GET', '/')
    expect(text).toContain(`<meta name="live-view" content="${new URL('/', service.metricsUrl).href}">`)
  })

  it('share the rate limit on requests', async () => {
    let sent = 0
    const ask = async () => {
      const { status, headers } = await askFor(`${service.url}/api/users`)
      sent++
      return { status, remaining: Number(headers['ratelimit-remaining']) }
    }
    const served = async () =>
      (await scrape(service)).series(count, { http_response_status_code: '200', http_route: '/api/users' })

    await until('both have served requests', async () => {
      await ask()
      return (await served()).length === 2
    })
    // A worker alone knows only about half of them.
    await until('a worker knows the requests of both', async () => (await ask()).remaining === 100 - sent)
    expect(sent).toBeLessThan(100)
    await until('both refuse', async () => {
      const responses = []
      for (let i = 0; i < 10; i++) responses.push(await ask())
      return responses.every(({ status }) => status === 429)
    })
    const accepted = (await served()).reduce((sum, { value }) => sum + value, 0)
    expect(accepted).toBeGreaterThanOrEqual(100)
    expect(accepted).toBeLessThan(200)
  })
})

describe.runIf(hasServer())('the supervisor', () => {
  it('replaces a worker that dies: Prometheus sees its series end, and no counter reset', async (context) => {
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
    const query = async (expression: string) => (await prometheus.query(expression))[0]?.value
    const requests = `${count}{http_route="/livez"}`
    const sentBefore = await visitAllWorkers(service)
    await until('Prometheus has all', async () => (await query(`sum(${requests})`)) === sentBefore)
    const [dead = 0, other = 0] = service.pids()
    process.kill(dead, 'SIGKILL')

    expect(await service.logged('worker died')).toMatchObject({ worker: 1, code: null, signal: 'SIGKILL' })
    await until('the new one is ready', () => service.linesOf('worker ready').length === 3)
    const sent = sentBefore + (await visitAllWorkers(service))
    const sum = `sum(max_over_time(${requests}[5m]))`
    await until('Prometheus has all', async () => (await query(sum)) === sent)

    const counters = countersOf(await scrape(service))
    expect(counters).toContain(count)
    for (const counter of counters) expect(await prometheus.query(`resets(${counter}[5m]) > 0`)).toEqual([])
    expect(await prometheus.query(requests)).toHaveLength(2)
    expect(await query(`count(max_over_time(${requests}[5m]))`)).toBe(3)
    expect(await query('sum(microposts_worker_restarted_total)')).toBe(1)
    const [, , replacement] = service.pids()
    expect(new Set([dead, other, replacement]).size).toBe(3)
  })

  it('does not leave workers behind when it is killed', async () => {
    const service = await start()
    service.kill('SIGKILL')
    await service.exited

    await until('no worker is left', () => service.pids().every((pid) => !isAlive(pid)))
  })

  it('stops workers after their active requests, and each process exports its last values', async () => {
    const collector = await startCollector()
    onTestFinished(collector.stop)
    const service = await start({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
    })
    const { username, token } = await buildUser(service)
    const text = JSON.stringify({ text: 'the last one' })
    /** Sends half a request, so that it stays active. */
    const sendHalf = () => {
      const socket = connect(Number(new URL(service.url).port), 'localhost')
      let response = ''
      socket.on('data', (data) => {
        response += data
      })
      socket.write(
        `POST /api/users/${username}/collection HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text.slice(0, 5)}`,
      )
      return { socket, response: () => response }
    }
    const active = async () =>
      (await scrape(service))
        .series('http_server_active_requests', { http_request_method: 'POST' })
        .map(({ value }) => value)
        .filter((value) => value > 0)
    const halves: ReturnType<typeof sendHalf>[] = []
    await until('every worker has an active request', async () => {
      halves.push(sendHalf())
      return (await active()).length === 2
    })
    await until('all requests are active', async () => {
      const values = await active()
      return values.reduce((sum, value) => sum + value, 0) === halves.length
    })
    service.kill('SIGTERM')
    await until('no connection is accepted', () =>
      fetch(`${service.url}/livez`).then(
        () => false,
        () => true,
      ),
    )
    for (const { socket } of halves) socket.write(text.slice(5))

    expect(await service.exited).toBe(0)
    for (const { response } of halves) expect(response()).toMatch(/^HTTP\/1.1 201 Created\r\n/)
    const pushes = collector.received.map(({ push }) => push)
    const instances = pushes.map(
      ({ resourceMetrics: [only] }) => only && attributesOf(only.resource.attributes)['service.instance.id'],
    )
    expect(new Set(instances).size).toBe(3)
    const created = pushes.flatMap((push) =>
      [...samplesOf(push)].filter(([key]) => key.startsWith('microposts_post_created_total')),
    )
    expect(created.reduce((sum, [, value]) => sum + value, 0)).toBe(halves.length)
    expect(service.linesOf('worker stopped').map(({ code }) => code)).toEqual([0, 0])
    expect(service.lines.at(-1)?.msg).toBe('stopped')
    expect(service.stderr()).toBe('')
  })

  it('delays a stop: no worker is ready, and all still serve', async () => {
    const service = await start({ SHUTDOWN_DELAY: '60s' })
    const alice = await buildUser(service)
    service.kill('SIGTERM')
    await until('no worker is ready', async () => {
      const responses = []
      for (let i = 0; i < 10; i++) responses.push(await askFor(`${service.url}/readyz`))
      return responses.every(({ status }) => status === 503)
    })
    for (let i = 0; i < 10; i++) await buildPost(service, alice)
    expect(service.linesOf('worker stopped')).toEqual([])
  })

  it('reports once that the port is taken, and exits with 1', async () => {
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

  it('reports once that the database does not exist, and exits with 1', async () => {
    const database = await freshServerDatabase()
    await database.drop()
    const service = run(database.env)

    expect(await service.exited).toBe(1)
    expect(service.stderr()).toMatch(/^database ".*" does not exist\n$/)
  })
})

it('rejects several workers on the embedded database, together with other wrong settings', async () => {
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
