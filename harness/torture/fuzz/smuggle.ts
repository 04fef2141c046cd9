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
import { type ObservedService, startObserved } from '../observed-service.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { exchange } from './exchange.ts'
import { readRequests } from './framing.ts'
import { smuggling } from './smuggling.ts'

const usage = `Usage: npm run torture -- smuggle [options]

Sends each request of the fuzz trial whose length is ambiguous through nginx, and through haproxy (deploy/haproxy/microposts.cfg).
The service must never count more requests to a path than the proxy says that it sent, and refuse those that it does not count; a
marker that follows on the same connection to the service must get its own response. Needs both programs.

  --rounds N   how often each request is sent (3)
  --help       shows this text
`

/** `sent` are the paths of the requests that the service responded to, once the proxy has stopped. */
type Proxy = { name: string; port: number; stop(): Promise<unknown>; sent(): Promise<string[]> | string[] }

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
  const ended = Promise.withResolvers<string[]>()
  return {
    name: 'nginx',
    port: Number(new URL(url).port),
    stop: async () =>
      ended.resolve((await stop()).filter(({ response }) => response).map(({ path }) => path)),
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
  return {
    name: 'haproxy',
    port,
    stop,
    sent: () => log.filter(({ server }) => server !== undefined).map(({ path }) => path),
  }
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
  const after = await scrape(service)
  const counted = countsOf(after)
  const expected = tally(sent.map((path) => (routes.includes(path) ? path : 'another')))
  const refused = after.sum('microposts_request_rejected_total', { microposts_rejection_reason: 'malformed' })
  const missing = sent.length - Object.values(counted).reduce((sum, count) => sum + count, 0)
  const all = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
  return [
    none(`${proxy.name}: markers that do not get their own response`, faults),
    ...[...routes, 'another'].map((path) =>
      holds(
        `${proxy.name}: the service counts no more requests to ${path} than the proxy sent`,
        (counted[path] ?? 0) <= (expected[path] ?? 0),
        `${counted[path] ?? 0} of ${expected[path] ?? 0}`,
      ),
    ),
    holds(
      `${proxy.name}: and the others are refused as malformed`,
      missing >= 0 && missing <= refused,
      `${missing}, ${refused} refused`,
    ),
    holds(`${proxy.name}: responses`, statuses.size > 0, all),
    none(`${proxy.name}: errors in the log`, service.errors()),
  ]
}

/** Of the cases and markers. Every hidden request is to another path. */
const routes = ['/livez', '/api/login']

function countsOf({ series }: Scrape): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { labels, value } of series('http_server_request_duration_seconds_count')) {
    // haproxy asks for /readyz itself.
    if (labels.http_route === '/readyz') continue
    const path = routes.find((route) => route === labels.http_route) ?? 'another'
    counts[path] = (counts[path] ?? 0) + value
  }
  return counts
}

function tally(paths: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const path of paths) counts[path] = (counts[path] ?? 0) + 1
  return counts
}

/** Sends the bytes, then a marker on a new connection, which the proxy forwards on the same one to the service. */
async function send(port: number, text: string, marker: string) {
  const bytes = Buffer.from(text, 'latin1')
  const { requests, rest } = readRequests(bytes)
  const isOpen = rest === 'nothing' && !requests.at(-1)?.last
  const closing = Buffer.concat([bytes, markerOf(`${marker}-same`)])
  const received = (
    await exchange(port, isOpen ? closing : bytes, rest === 'incomplete', 3_000)
  ).bytes.toString('latin1')
  const following = (await exchange(port, markerOf(marker), false, 10_000)).bytes.toString('latin1')
  return {
    statuses: [...received.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => status ?? ''),
    faults: [
      ...(/^HTTP\/1\.1 200 /.test(following) &&
      following.toLowerCase().includes(`x-request-id: ${marker}\r\n`)
        ? []
        : [`the marker gets ${JSON.stringify(following.slice(0, 200))}`]),
    ],
  }
}

const markerOf = (id: string) =>
  Buffer.from(`GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`)
