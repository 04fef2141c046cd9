import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../harness/until.ts'
import { scrapeTimeoutMs } from '../../../otel/pull/scrape-request.ts'
import { startScraped } from './support/scraped.ts'

/** A Prometheus that waits 0.1 s: the scrape may take 50 ms. */
const hasty = { 'x-prometheus-scrape-timeout-seconds': '0.1' }

describe('a failed collection', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('disk gone')
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk gone'))],
  ])('is a 503 and a log line when a callback %s, and the next scrape succeeds', async (_, callback) => {
    const { meter, ask, families, logs } = await startScraped()
    const gauge = meter.createObservableGauge('size')
    meter.createCounter('jobs').add(1)
    gauge.addCallback(callback)

    const { status, body, headers } = await ask()

    expect([status, headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8'])
    expect(body.toString()).toBe('The metrics could not be collected; the log says why.\n')
    expect(logs).toEqual([{ level: 'error', fields: { reasons: ['disk gone'] }, message: 'scrape failed' }])

    gauge.removeCallback(callback)
    const healed = await families()
    expect(healed.get('microposts_scrape_failures_total')?.samples[0]?.value).toBe(1)
    expect(healed.get('jobs_total')?.samples[0]?.value).toBe(1)
  })
})

describe('a collection that never ends', () => {
  it('is a 503 after its time limit, and does not delay later scrapes', async () => {
    const { meter, ask, logs } = await startScraped()
    const gauge = meter.createObservableGauge('size')
    const hang = () => new Promise<void>(() => {})
    gauge.addCallback(hang)

    const { status } = await ask({ headers: hasty })

    expect(status).toBe(503)
    expect(logs).toEqual([
      {
        level: 'error',
        fields: { reasons: ['the collection took longer than 50 ms'] },
        message: 'scrape failed',
      },
    ])
    gauge.removeCallback(hang)
    expect((await ask()).status).toBe(200)
  })

  it.each([
    ['10', 9_500],
    ['1.25', 750],
    ['0.6', 300],
    ['1e9', 3_600_000],
    [undefined, 9_000],
    ['', 9_000],
    ['0', 9_000],
    ['-1', 9_000],
    ['soon', 9_000],
    ['Infinity', 3_600_000],
  ])('has this limit when Prometheus waits %s s: %d ms', (header, limitMs) => {
    expect(scrapeTimeoutMs(header)).toBe(limitMs)
  })
})

describe('concurrent scrapes', () => {
  it('share one collection, each in its own format', async () => {
    const { meter, ask } = await startScraped()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    let collections = 0
    meter.createObservableGauge('size').addCallback(async (result) => {
      collections++
      await gate
      result.observe(collections)
    })

    let arrived = 0
    const count = () => void arrived++
    subscribe('http.server.request.start', count)
    onTestFinished(() => void unsubscribe('http.server.request.start', count))

    const scrapes = [
      ask(),
      ask(),
      ask({ headers: { accept: 'application/openmetrics-text' } }),
      ask({ headers: { 'accept-encoding': 'gzip' } }),
    ]
    await until('all scrapes have arrived', () => arrived === scrapes.length)
    open()
    const responses = await Promise.all(scrapes)

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(collections).toBe(1)
    expect((await ask()).body.toString()).toContain('size{otel_scope_name="test"} 2\n')
  })

  it('time out independently of each other', async () => {
    const { meter, ask } = await startScraped()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    meter.createObservableGauge('size').addCallback(() => gate)

    const patient = ask()
    expect((await ask({ headers: hasty })).status).toBe(503)
    open()

    expect((await patient).status).toBe(200)
  })
})
