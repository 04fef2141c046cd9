import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBare } from './support/bare.ts'
import { scrape } from './support/metrics.ts'
import { until } from './support/until.ts'

const duration = 'http_server_request_duration_seconds_count'
type Labels = Record<string, string>

let bare: Awaited<ReturnType<typeof startBare>>
beforeAll(async () => {
  bare = await startBare()
})
afterAll(() => bare.stop())

/** The series of durations that a test's own requests made, without what names the instrumentation. */
async function recordsWith(labels: Labels): Promise<{ labels: Labels; value: number }[]> {
  const page = await scrape(bare)
  return page.series(duration, labels).map(({ labels: all, value }) => {
    const { otel_scope_name, otel_scope_version, ...own } = all
    return { labels: own, value }
  })
}

/** A record is made a moment after its client has the answer. */
const recorded = (labels: Labels, requests = 1) =>
  until('the records', async () => {
    const records = await recordsWith(labels)
    return records.reduce((sum, { value }) => sum + value, 0) >= requests && records
  })

/** Begins a request and goes away when `event` comes. */
async function abandon(path: string, event: 'response' | 'silent') {
  const begun = request(new URL(path, bare.url)).end()
  begun.on('error', () => undefined)
  if (event === 'response') {
    const [response] = await once(begun, 'response')
    response.on('error', () => undefined)
    await once(response, 'data')
  } else await bare.logged('silent')
  begun.destroy()
}

const answered = {
  http_request_method: 'GET',
  http_response_status_code: '200',
  network_protocol_version: '1.1',
  url_scheme: 'http',
}

describe('http.server.request.duration', () => {
  it('has the route that the service marked, and the listed attributes alone, whatever the headers say', async () => {
    await fetch(`${bare.url}/things/1?a=b`)
    await fetch(`${bare.url}/things/2`, {
      headers: { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=worse.example', 'User-Agent': 'x' },
    })

    expect(await recorded({ http_route: '/things/:id' }, 2)).toEqual([
      { labels: { ...answered, http_route: '/things/:id' }, value: 2 },
    ])
  })

  it('has the boundaries of the semantic conventions', async () => {
    await fetch(`${bare.url}/things/1`)
    await recorded({ http_route: '/things/:id' })

    const page = await scrape(bare)
    const bounds = page
      .series('http_server_request_duration_seconds_bucket', { http_route: '/things/:id' })
      .map(({ labels }) => Number(labels.le?.replace('+Inf', 'Infinity')))
    expect(bounds).toEqual([
      0.005,
      0.01,
      0.025,
      0.05,
      0.075,
      0.1,
      0.25,
      0.5,
      0.75,
      1,
      2.5,
      5,
      7.5,
      10,
      Infinity,
    ])
  })

  it('has no route where none matched', async () => {
    await fetch(`${bare.url}/no/such/path`)

    expect(await recorded({ http_response_status_code: '404' })).toEqual([
      { labels: { ...answered, http_response_status_code: '404' }, value: 1 },
    ])
  })

  it('has error.type, the status, for a 5xx', async () => {
    await fetch(`${bare.url}/failing`)

    expect(await recorded({ http_route: '/failing' })).toEqual([
      {
        labels: {
          ...answered,
          http_response_status_code: '500',
          error_type: '500',
          http_route: '/failing',
        },
        value: 1,
      },
    ])
  })

  it('knows no method but those of the HTTP standards', async () => {
    for (const method of ['PROPFIND', 'PURGE', 'M-SEARCH']) await fetch(`${bare.url}/no/such`, { method })

    expect(await recorded({ http_request_method: '_OTHER' }, 3)).toEqual([
      {
        labels: { ...answered, http_request_method: '_OTHER', http_response_status_code: '404' },
        value: 3,
      },
    ])
  })

  it('is a 499 with its route when the client goes away before the answer', async () => {
    await abandon('/silent', 'silent')

    expect(await recorded({ http_route: '/silent' })).toEqual([
      { labels: { ...answered, http_response_status_code: '499', http_route: '/silent' }, value: 1 },
    ])
  })

  it('is a 499 when the client goes away in the middle of the answer', async () => {
    await abandon('/endless', 'response')

    expect(await recorded({ http_route: '/endless' })).toEqual([
      { labels: { ...answered, http_response_status_code: '499', http_route: '/endless' }, value: 1 },
    ])
  })

  it('is a 500 when the service breaks its answer off', async () => {
    await expect(fetch(`${bare.url}/broken`).then((response) => response.text())).rejects.toThrow()

    expect(await recorded({ http_route: '/broken' })).toEqual([
      {
        labels: { ...answered, http_response_status_code: '500', error_type: '500', http_route: '/broken' },
        value: 1,
      },
    ])
  })

  it('is a 200 when its client closes a stream', async () => {
    await abandon('/stream', 'response')

    expect(await recorded({ http_route: '/stream' })).toEqual([
      { labels: { ...answered, http_route: '/stream' }, value: 1 },
    ])
  })

  it('tells the routes of pipelined requests apart', async () => {
    const statuses = { '/things/:id': '200', '': '404', '/failing': '500' }
    const count = async () => {
      const page = await scrape(bare)
      const counts = Object.entries(statuses).map(([route, status]) =>
        page
          .series(duration, { http_response_status_code: status })
          .filter(({ labels }) => (labels.http_route ?? '') === route && labels.http_request_method === 'GET')
          .reduce((sum, { value }) => sum + value, 0),
      )
      return { counts, total: page.sum(duration) }
    }
    const before = await count()

    const socket = connect(Number(new URL(bare.url).port), 'localhost')
    const get = (path: string, connection: string) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`
    socket.end(get('/things/1', 'keep-alive') + get('/no/such', 'keep-alive') + get('/failing', 'close'))
    socket.resume()
    await once(socket, 'close')

    const after = await until('three records', async () => {
      const counted = await count()
      return counted.total >= before.total + 3 && counted
    })
    expect(after.counts).toEqual(before.counts.map((value) => value + 1))
    expect(after.total).toBe(before.total + 3)
  })

  it('does not count scrapes, nor requests that the process sends', async () => {
    await scrape(bare)
    const page = await scrape(bare)

    expect(page.series(duration, { http_route: '/metrics' })).toEqual([])
    expect([...page.families.keys()].filter((name) => name.startsWith('http_client'))).toEqual([])
    const counted = page.sum(duration)
    expect((await scrape(bare)).sum(duration)).toBe(counted)
  })
})

describe('a measurement that the SDK throws on', () => {
  it('does not reach the request, and is told once', async () => {
    const answers = [await fetch(`${bare.url}/nonsense`), await fetch(`${bare.url}/nonsense`)]

    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['still here', 'still here'])
    expect(bare.lines.filter(({ msg }) => msg === 'a measurement was lost')).toEqual([
      {
        level: 50,
        time: expect.any(Number),
        details: ['TypeError: Do not know how to serialize a BigInt'],
        msg: 'a measurement was lost',
      },
    ])
    expect((await fetch(bare.metricsUrl)).status).toBe(200)
  })
})
