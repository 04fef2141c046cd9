// The ambiguous requests through nginx and haproxy: the service must see what the proxy means to send.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { readOptions } from '../../../lib/command-line.ts'
import { startProxy } from '../../audit/proxy.ts'
import { locateProgram } from '../../programs/find.ts'
import { startHaproxy } from '../../programs/haproxy.ts'
import { type Scrape, scrape } from '../../telemetry/scrape.ts'
import { until } from '../../until.ts'
import { type ObservedService, startObserved } from '../observed-service.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { exchange } from './exchange.ts'
import { readRequests } from './framing.ts'
import { smuggling } from './smuggling.ts'

const usage = `Usage: npm run torture -- smuggle [options]

Sends each request of the fuzz trial whose length is ambiguous through nginx, and through haproxy (deploy/haproxy/microposts.cfg).
The service must count as many requests as the proxy says that it sent, a request that is hidden in another must get no
response, and a marker that follows on the same connection to the service must get its own. Needs both programs.

  --rounds N   how often each request is sent (3)
  --help       shows this text
`

type Proxy = { name: string; port: number; stop(): Promise<unknown>; sent(): Promise<number> | number }

export const smuggle: Trial = async (args, report) => {
  const { rounds } = readOptions(usage, { rounds: 3 }, args)
  const programs = { nginx: locateProgram('nginx'), haproxy: locateProgram('haproxy') }
  const folder = await mkdtemp(join(tmpdir(), 'microposts-smuggle-'))
  const checks: Check[] = []
  try {
    for (const start of [startNginx, startHaproxyFor]) {
      const service = await startObserved({ TRUST_PROXY: 'true', HOST: '127.0.0.1' })
      try {
        const proxy = await start(programs, folder, Number(new URL(service.url).port))
        report(proxy.name)
        checks.push(...(await sendThrough(proxy, service, rounds)))
      } finally {
        await service.stop()
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { checks, tables: [] }
}

type Programs = { nginx: string; haproxy: string }

async function startNginx({ nginx }: Programs, folder: string, servicePort: number): Promise<Proxy> {
  const { url, stop } = await startProxy(nginx, folder, servicePort)
  // The log is complete once nginx has ended.
  const ended = Promise.withResolvers<number>()
  return {
    name: 'nginx',
    port: Number(new URL(url).port),
    stop: async () => ended.resolve((await stop()).filter(({ response }) => response).length),
    sent: () => ended.promise,
  }
}

async function startHaproxyFor({ haproxy }: Programs, _: string, servicePort: number): Promise<Proxy> {
  const address = `127.0.0.1:${servicePort}`
  const { port, log, stop } = await startHaproxy(
    haproxy,
    'microposts.cfg',
    { ONE: address, TWO: address },
    (port) => `http://127.0.0.1:${port}/livez`,
  )
  return { name: 'haproxy', port, stop, sent: () => log.filter(({ server }) => server !== undefined).length }
}

async function sendThrough(proxy: Proxy, service: ObservedService, rounds: number): Promise<Check[]> {
  const faults: string[] = []
  const statuses = new Map<string, number>()
  const cases = Array.from({ length: rounds }, () => smuggling).flat()
  try {
    await pLimit(4).map(cases, async ({ name, text }, index) => {
      const id = `s${index}`
      const seen = await send(proxy.port, text.replaceAll('@', id), `${id}-end`)
      for (const status of seen.statuses) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      faults.push(...seen.faults.map((fault) => `${name}: ${fault}`))
    })
  } finally {
    await proxy.stop()
  }
  const sent = await proxy.sent()
  const counted = await until('each request is counted', async () => {
    const count = countOf(await scrape(service))
    return count >= sent && count
  }).catch(async () => countOf(await scrape(service)))
  const all = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
  return [
    none(`${proxy.name}: hidden requests that are answered, or markers that are not`, faults),
    holds(`${proxy.name}: the service counts what the proxy sent`, counted === sent, `${counted}, ${sent}`),
    holds(`${proxy.name}: responses`, statuses.size > 0, all),
    none(`${proxy.name}: errors in the log`, service.errors()),
  ]
}

/** Without the health checks of haproxy, and with what Node's parser refused. */
const countOf = ({ sum, series }: Scrape) =>
  series('http_server_request_duration_seconds_count')
    .filter(({ labels }) => labels.http_route !== '/readyz')
    .reduce((count, { value }) => count + value, 0) +
  sum('microposts_request_rejected_total', { microposts_rejection_reason: 'malformed' })

/** Sends the bytes, then a marker on a new connection, which the proxy forwards on the same one to the service. */
async function send(port: number, text: string, marker: string) {
  const bytes = Buffer.from(text, 'latin1')
  const { requests, rest } = readRequests(bytes)
  const isOpen = rest === 'nothing' && !requests.at(-1)?.last
  const closing = Buffer.concat([bytes, markerOf(`${marker}-same`)])
  const received = (
    await exchange(port, isOpen ? closing : bytes, rest === 'incomplete', 3_000)
  ).bytes.toString('latin1')
  const allowed = new Set([...requests.map(({ id }) => id), `${marker}-same`])
  const answered = [...received.matchAll(/^X-Request-Id: (\S+)/gim)].map(([, id]) => id ?? '')
  const following = (await exchange(port, markerOf(marker), false, 10_000)).bytes.toString('latin1')
  return {
    statuses: [...received.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => status ?? ''),
    faults: [
      ...answered
        .filter((id) => id.includes('smuggled') && !allowed.has(id))
        .map((id) => `${id} is answered`),
      ...(/^HTTP\/1\.1 200 /.test(following) &&
      following.toLowerCase().includes(`x-request-id: ${marker}\r\n`)
        ? []
        : [`the marker gets ${JSON.stringify(following.slice(0, 200))}`]),
    ],
  }
}

const markerOf = (id: string) =>
  Buffer.from(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`)
