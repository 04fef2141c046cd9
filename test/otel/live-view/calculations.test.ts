// The calculations of the live view, without a browser.
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../../harness/telemetry/exposition-parser.ts'
import { CHARTS, createRateLines } from '../../../otel/live-view/page/charts.js'
import { parseSamples, parseScrape } from '../../../otel/live-view/page/exposition.js'
import { createHistory, increaseBetween } from '../../../otel/live-view/page/history.js'
import { perSecond, quantiles, total, utilization } from '../../../otel/live-view/page/statistics.js'
import { rowsOf } from '../../../otel/live-view/page/table.js'
import { createCollected } from '../pull/support/collected.ts'

const REQUESTS = 'http_server_request_duration_seconds_count'
const targets = (...ids: string[]) => ids.map((id) => `target_info{service_instance_id="${id}"} 1\n`).join('')

/** A scrape so many seconds after the first. `wallSeconds` differs if the clock was set. */
function scrapeAt(seconds: number, text: string, wallSeconds = seconds) {
  return parseScrape(text, { atMs: seconds * 1000, wallMs: wallSeconds * 1000 })
}

/** Buckets of a histogram, from the cumulative counts by bound. */
function buckets(counts: Record<string, number>) {
  return Object.entries(counts).map(([le, value]) => ({ series: '', process: '', labels: { le }, value }))
}

describe('parseSamples', () => {
  it('finds the same samples as a strict parser', async () => {
    const collected = createCollected()
    const hostile = { quoted: 'a "b" \\ c\nd', closing: '} 1', url: 'http://x/?a=b,c="d"' }
    collected.meter().createCounter('hostile').add(2, hostile)
    const histogram = collected.meter().createHistogram('wait', { unit: 's' })
    histogram.record(0.3, { route: '/a' })
    histogram.record(1e9)
    collected.meter().createGauge('level').record(Number.NaN)
    const text = await collected.exposition()

    const found = Array.from(
      parseSamples(text, () => true),
      ({ labels, ...sample }) => ({ ...sample, labels: { ...labels } }),
    )

    const expected = [...parseExposition(text, 'text').values()].flatMap(({ samples }) => samples)
    expect(found).toEqual(expected.map(({ labels, ...sample }) => ({ ...sample, labels: { ...labels } })))
    expect(found).toContainEqual({
      name: 'hostile_total',
      labels: expect.objectContaining(hostile),
      value: 2,
    })
  })

  it('skips timestamps, comments and lines that are not samples', () => {
    const text = '# HELP a b\na{b="c"} 4 1700000000000\nno sample\n\na +Inf\n'
    const found = Array.from(
      parseSamples(text, (name) => name === 'a'),
      ({ value }) => value,
    )
    expect(found).toEqual([4, Number.POSITIVE_INFINITY])
  })
})

describe('the increase of counters', () => {
  const increase = (before: string, after: string) => {
    const result = increaseBetween(scrapeAt(0, before), scrapeAt(2, after))
    return result && total(result.samples.requests)
  }

  it('is the difference of each series, in any order of lines and labels', () => {
    const before = `${targets('one')}${REQUESTS}{a="1",b="2"} 10\n${REQUESTS}{a="2"} 5\n`
    const after = `${REQUESTS}{a="2"} 6\n${REQUESTS}{b="2",a="1"} 13\n${targets('one')}`
    expect(increase(before, after)).toBe(4)
  })

  it('is known when the label of the process appears', () => {
    const alone = `${targets('one')}${REQUESTS} 10\n`
    const named = `${targets('one', 'two')}${REQUESTS}{service_instance_id="one"} 11\n`
    expect(increase(alone, named)).toBe(1)
  })

  it('is the whole value of a new series', () => {
    expect(
      increase(targets('one'), `${targets('one')}${REQUESTS}{http_response_status_code="500"} 3\n`),
    ).toBe(3)
  })

  it('is unknown after a restart, even if the new process has counted more', () => {
    const text = (id: string, value: number) => `${targets(id)}${REQUESTS} ${value}\n`
    expect(increase(text('one', 5), text('two', 50))).toBeUndefined()
    // Without target_info, a decreasing counter shows the restart.
    expect(
      increase(
        `${REQUESTS}{a="1"} 9\n${REQUESTS}{a="2"} 5\n`,
        `${REQUESTS}{a="1"} 1\n${REQUESTS}{a="2"} 50\n`,
      ),
    ).toBe(undefined)
  })

  it('leaves out processes that ended, started or restarted', () => {
    const of = (id: string, value: number) => `${REQUESTS}{service_instance_id="${id}"} ${value}\n`
    const runs = targets('runs')
    const before = runs + targets('ends', 'restarts') + of('runs', 10) + of('ends', 900) + of('restarts', 700)
    const after =
      runs + targets('starts', 'restarts') + of('runs', 14) + of('starts', 500) + of('restarts', 3)
    expect(increase(before, after)).toBe(4)
  })
})

describe('the history', () => {
  const text = (value: number, id = 'one') => `${targets(id)}${REQUESTS} ${value}\n`
  const createShort = () => createHistory({ maxGapMs: 16_000 })
  const rates = (history: ReturnType<typeof createHistory>) =>
    history.points().map(({ rates }) => perSecond(rates, 'requests'))

  it('has no rate after one scrape, and then the rate over the last ten seconds', () => {
    const history = createShort()
    for (const second of [0, 2, 4, 6, 8, 10, 12])
      history.add(scrapeAt(second, text(second < 8 ? 0 : 10 * (second - 6))))
    expect(rates(history)).toEqual([undefined, 0, 0, 0, 20 / 8, 4, 6])
  })

  it('has a gap for a missing scrape, and no spike after it', () => {
    const history = createShort()
    history.add(scrapeAt(0, text(0)))
    history.add(scrapeAt(2, text(2)))
    history.interrupt(4_000)
    history.add(scrapeAt(6, text(1_000)))
    history.add(scrapeAt(8, text(1_002)))
    expect(rates(history)).toEqual([undefined, 1, undefined, undefined, 1])
    expect(history.points().map(({ gauges }) => gauges !== undefined)).toEqual([
      true,
      true,
      false,
      true,
      true,
    ])
  })

  it.each([
    ['a long time without scrapes', scrapeAt(100, text(5_000))],
    ['a jump of the wall clock', scrapeAt(4, text(5_000), 3_600)],
    ['a restart', scrapeAt(4, text(5_000, 'two'))],
  ])('has no spike after %s', (_, scrape) => {
    const history = createShort()
    history.add(scrapeAt(0, text(0)))
    history.add(scrapeAt(2, text(2)))
    history.add(scrape)
    expect(rates(history).at(-1)).toBeUndefined()
    expect(history.newest().gauges).toBeDefined()
  })

  it('keeps five minutes for the charts, and one for the table', () => {
    const history = createShort()
    for (let second = 0; second <= 400; second += 10) history.add(scrapeAt(second, text(second)))
    expect(history.points().map(({ time }) => time)).toEqual(
      Array.from({ length: 31 }, (_, index) => 100 + 10 * index),
    )
    expect(history.lastMinute()).toMatchObject({ seconds: 60, samples: { requests: { length: 6 } } })
  })
})

describe('quantiles', () => {
  const spread = { 0.125: 10, 0.5: 90, 1: 100, '+Inf': 100 }

  it.each([
    [0.5, spread, 0.3125],
    [0.95, spread, 0.75],
    [0.05, spread, 0.0625],
    // The quantile is in the last bucket, +Inf: the result is the highest finite bound.
    [0.99, { 0.1: 0, 1: 50, '+Inf': 100 }, 1],
    // The bounds of empty buckets matter: the values are above 0.25.
    [0.5, { 0.25: 0, 0.5: 4, '+Inf': 4 }, 0.375],
    [0.5, { 0.25: 0, 0.5: 0, '+Inf': 0 }, undefined],
    [0.5, {}, undefined],
    [0.5, { '+Inf': 4 }, undefined],
  ])('%d of %j is %s', (rank, counts, expected) => {
    expect(quantiles([rank], buckets(counts))[0]).toBe(expected)
  })

  it('add up all series', () => {
    const both = [...buckets({ 0.1: 10, 1: 10, '+Inf': 10 }), ...buckets({ 0.1: 0, 1: 10, '+Inf': 10 })]
    expect(quantiles([0.25, 0.75], both)).toEqual([0.05, 0.55])
  })

  it('are right for an increase, which keeps empty buckets', () => {
    const bucket = (le: string, value: number) =>
      `http_server_request_duration_seconds_bucket{le="${le}"} ${value}\n`
    const text = (...[low = 0, high = 0]: number[]) =>
      targets('one') + bucket('0.25', low) + bucket('0.5', high) + bucket('+Inf', high)
    const increase = increaseBetween(scrapeAt(0, text(3, 3)), scrapeAt(2, text(3, 7)))
    expect(quantiles([0.5], increase?.samples.requestBuckets ?? [])).toEqual([0.375])
  })
})

describe('the charts and the table', () => {
  const request = (labels: string, value: number) => `${REQUESTS}{${labels}} ${value}\n`
  const route = (name: string, method = 'GET', status = 200) =>
    `http_route="${name}",http_request_method="${method}",http_response_status_code="${status}"`

  /** The history of two scrapes that are one second apart. */
  function historyOf(before: string, after: string) {
    const history = createHistory({ maxGapMs: 16_000 })
    history.add(scrapeAt(0, targets('one') + before))
    history.add(scrapeAt(1, targets('one') + after))
    return history
  }

  it('show the five busiest names, which keep their colours while they are among them', () => {
    const draw = createRateLines('requests', ({ http_route = '' }) => http_route)
    const text = (...values: number[]) =>
      values.map((value, index) => request(route(`/${index}`), value)).join('')
    const first = draw(historyOf('', text(70, 60, 50, 40, 30, 20, 10)).points())
    const second = draw(historyOf('', text(10, 20, 30, 40, 50, 60, 70)).points())

    const shown = (lines: typeof first) =>
      lines.map(({ label, color, values }) => [label, color, values.at(-1)])
    expect(shown(first)).toEqual([
      ['/0', 'blue', 70],
      ['/1', 'teal', 60],
      ['/2', 'amber', 50],
      ['/3', 'violet', 40],
      ['/4', 'pink', 30],
      ['others', 'grey', 30],
    ])
    expect(shown(second)).toEqual([
      ['/6', 'blue', 70],
      ['/5', 'teal', 60],
      ['/2', 'amber', 30],
      ['/3', 'violet', 40],
      ['/4', 'pink', 50],
      ['others', 'grey', 30],
    ])
  })

  it('show a single endpoint if one is chosen', () => {
    const text =
      request(route('/a'), 8) + request(route('/a', 'GET', 404), 2) + request(route('/a', 'POST', 500), 1)
    const points = historyOf('', text).points()
    const errors = (endpoint: string) =>
      CHARTS.errors?.lines(points, endpoint).map(({ values }) => values.at(-1))
    expect([errors(''), errors('GET /a'), errors('POST /a')]).toEqual([
      [2, 1],
      [2, 0],
      [0, 1],
    ])
    expect(
      CHARTS.requests?.lines(points, 'GET /a').map(({ label, values }) => [label, values.at(-1)]),
    ).toEqual([
      ['2xx', 8],
      ['3xx', 0],
      ['4xx', 2],
      ['5xx', 0],
    ])
  })

  it('leave out the durations of streams', () => {
    const stream = route('/api/users/:username/timeline/stream')
    const bucket = (labels: string, le: string, value: number) =>
      `http_server_request_duration_seconds_bucket{${labels},le="${le}"} ${value}\n`
    const durations = (labels: string, low: number, high: number) =>
      request(labels, high) +
      bucket(labels, '1', low) +
      bucket(labels, '10', high) +
      bucket(labels, '+Inf', high)
    const history = historyOf('', durations(stream, 0, 90) + durations(route('/a'), 10, 10))

    expect(CHARTS.durations?.lines(history.points(), '').map(({ values }) => values.at(-1))).toEqual([
      0.5, 0.95, 0.99,
    ])
    const scrape = scrapeAt(1, durations(stream, 0, 90) + durations(route('/a'), 10, 10))
    expect(rowsOf(scrape.samples.requests, history.lastMinute())).toMatchObject([
      {
        route: '/api/users/:username/timeline/stream',
        perSecond: 90,
        quantiles: [],
        total: 90,
      },
      { route: '/a', perSecond: 10, quantiles: [0.5, 0.95, 0.99], total: 10 },
    ])
  })

  it('show totals after the first scrape', () => {
    const { samples } = scrapeAt(
      0,
      request(route('/a'), 3) + request(route('/a', 'GET', 500), 1) + request(route('/b'), 9),
    )
    expect(rowsOf(samples.requests, undefined)).toMatchObject([
      { endpoint: 'GET /b', total: 9, perSecond: undefined, serverErrors: undefined },
      { endpoint: 'GET /a', total: 4, perSecond: undefined, serverErrors: undefined },
    ])
  })

  it('show the busiest event loop of several processes, and the sum of their memory', () => {
    const loop = (id: string, active: number, idle: number) =>
      `nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active",service_instance_id="${id}"} ${active}\n` +
      `nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="idle",service_instance_id="${id}"} ${idle}\n`
    const gauges =
      'process_memory_usage_bytes{service_instance_id="one"} 5\nprocess_memory_usage_bytes{service_instance_id="two"} 6\n' +
      'nodejs_eventloop_delay_p99_seconds{service_instance_id="one"} 0.3\nnodejs_eventloop_delay_p99_seconds{service_instance_id="two"} 0.2\n'
    const both = targets('two')
    const points = historyOf(
      both + loop('one', 1, 1) + loop('two', 1, 1),
      both + loop('one', 1.75, 1.25) + loop('two', 1.25, 1.75) + gauges,
    ).points()

    expect(utilization(points.at(-1)?.rates)).toBe(0.75)
    expect(CHARTS.memory?.lines(points, '')[0]?.values).toEqual([null, 11])
    expect(CHARTS.loopDelay?.lines(points, '')[0]?.values).toEqual([null, 0.3])
  })
})
