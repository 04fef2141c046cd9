// What the live view makes of pages, without a browser.
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../../harness/telemetry/exposition-parser.ts'
import { CHARTS } from '../../../otel/live-view/page/charts.js'
import { samplesOf } from '../../../otel/live-view/page/exposition.js'
import { readScrape } from '../../../otel/live-view/page/families.js'
import { growthBetween } from '../../../otel/live-view/page/growth.js'
import { createHistory } from '../../../otel/live-view/page/history.js'
import { perSecond, total, utilization } from '../../../otel/live-view/page/measures.js'
import { quantiles } from '../../../otel/live-view/page/quantiles.js'
import { createRateLines } from '../../../otel/live-view/page/rate-lines.js'
import { rowsOf } from '../../../otel/live-view/page/rows.js'
import { createCollected } from '../pull/support/collected.ts'

const REQUESTS = 'http_server_request_duration_seconds_count'
const targets = (...ids: string[]) => ids.map((id) => `target_info{service_instance_id="${id}"} 1\n`).join('')

/** Reads a page of so many seconds after the first. */
function scrapeAt(seconds: number, page: string, wallSeconds = seconds) {
  return readScrape(page, { atMs: seconds * 1000, wallMs: wallSeconds * 1000 })
}

/** Buckets of a histogram, from the counts up to each bound. */
function buckets(counts: Record<string, number>) {
  return Object.entries(counts).map(([le, value]) => ({ series: '', process: '', labels: { le }, value }))
}

describe('reading a page', () => {
  it('finds what a strict parser finds', async () => {
    const collected = createCollected()
    const hostile = { quoted: 'a "b" \\ c\nd', closing: '} 1', url: 'http://x/?a=b,c="d"' }
    collected.meter().createCounter('hostile').add(2, hostile)
    const histogram = collected.meter().createHistogram('wait', { unit: 's' })
    histogram.record(0.3, { route: '/a' })
    histogram.record(1e9)
    collected.meter().createGauge('level').record(Number.NaN)
    const page = await collected.page()

    const found = Array.from(
      samplesOf(page, () => true),
      ({ labels, ...sample }) => ({ ...sample, labels: { ...labels } }),
    )

    const expected = [...parseExposition(page, 'text').values()].flatMap(({ samples }) => samples)
    expect(found).toEqual(expected.map(({ labels, ...sample }) => ({ ...sample, labels: { ...labels } })))
    expect(found).toContainEqual({
      name: 'hostile_total',
      labels: expect.objectContaining(hostile),
      value: 2,
    })
  })

  it('passes over timestamps and what it does not know', () => {
    const page = '# HELP a b\na{b="c"} 4 1700000000000\nno sample\n\na +Inf\n'
    const found = Array.from(
      samplesOf(page, (name) => name === 'a'),
      ({ value }) => value,
    )
    expect(found).toEqual([4, Number.POSITIVE_INFINITY])
  })
})

describe('what counters gained', () => {
  const gained = (before: string, after: string) => {
    const growth = growthBetween(scrapeAt(0, before), scrapeAt(2, after))
    return growth && total(growth.samples.requests)
  }

  it('is the difference of each series, whatever the order of lines and labels', () => {
    const before = `${targets('one')}${REQUESTS}{a="1",b="2"} 10\n${REQUESTS}{a="2"} 5\n`
    const after = `${REQUESTS}{a="2"} 6\n${REQUESTS}{b="2",a="1"} 13\n${targets('one')}`
    expect(gained(before, after)).toBe(4)
  })

  it('is the same when a page begins to name processes', () => {
    const alone = `${targets('one')}${REQUESTS} 10\n`
    const named = `${targets('one', 'two')}${REQUESTS}{service_instance_id="one"} 11\n`
    expect(gained(alone, named)).toBe(1)
  })

  it('is all of a series that is new', () => {
    expect(gained(targets('one'), `${targets('one')}${REQUESTS}{http_response_status_code="500"} 3\n`)).toBe(
      3,
    )
  })

  it('is unknown after a restart, though the new process has counted more', () => {
    const page = (id: string, value: number) => `${targets(id)}${REQUESTS} ${value}\n`
    expect(gained(page('one', 5), page('two', 50))).toBeUndefined()
    // A page without a target shows it by what goes down.
    expect(
      gained(`${REQUESTS}{a="1"} 9\n${REQUESTS}{a="2"} 5\n`, `${REQUESTS}{a="1"} 1\n${REQUESTS}{a="2"} 50\n`),
    ).toBe(undefined)
  })

  it('leaves out a process that ends, one that begins, and one that begins anew', () => {
    const of = (id: string, value: number) => `${REQUESTS}{service_instance_id="${id}"} ${value}\n`
    const stays = targets('stays')
    const before =
      stays + targets('ends', 'restarts') + of('stays', 10) + of('ends', 900) + of('restarts', 700)
    const after =
      stays + targets('begins', 'restarts') + of('stays', 14) + of('begins', 500) + of('restarts', 3)
    expect(gained(before, after)).toBe(4)
  })
})

describe('the history', () => {
  const page = (value: number, id = 'one') => `${targets(id)}${REQUESTS} ${value}\n`
  const createShort = () => createHistory({ longestMs: 16_000 })
  const rates = (history: ReturnType<typeof createHistory>) =>
    history.moments().map(({ rates }) => perSecond(rates, 'requests'))

  it('has no rate after one scrape, and then that of the last ten seconds', () => {
    const history = createShort()
    for (const second of [0, 2, 4, 6, 8, 10, 12])
      history.add(scrapeAt(second, page(second < 8 ? 0 : 10 * (second - 6))))
    expect(rates(history)).toEqual([undefined, 0, 0, 0, 20 / 8, 4, 6])
  })

  it('has a gap where a scrape is missing, and no spike after it', () => {
    const history = createShort()
    history.add(scrapeAt(0, page(0)))
    history.add(scrapeAt(2, page(2)))
    history.interrupt(4_000)
    history.add(scrapeAt(6, page(1_000)))
    history.add(scrapeAt(8, page(1_002)))
    expect(rates(history)).toEqual([undefined, 1, undefined, undefined, 1])
    expect(history.moments().map(({ gauges }) => gauges !== undefined)).toEqual([
      true,
      true,
      false,
      true,
      true,
    ])
  })

  it.each([
    ['a long time without looking', scrapeAt(100, page(5_000))],
    ['a sleep that only one clock saw', scrapeAt(4, page(5_000), 3_600)],
    ['another process', scrapeAt(4, page(5_000, 'two'))],
  ])('has no spike after %s', (_, scrape) => {
    const history = createShort()
    history.add(scrapeAt(0, page(0)))
    history.add(scrapeAt(2, page(2)))
    history.add(scrape)
    expect(rates(history).at(-1)).toBeUndefined()
    expect(history.newest().gauges).toBeDefined()
  })

  it('keeps five minutes to draw, and one for the table', () => {
    const history = createShort()
    for (let second = 0; second <= 400; second += 10) history.add(scrapeAt(second, page(second)))
    expect(history.moments().map(({ time }) => time)).toEqual(
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
    // Beyond the last bound, that bound is all there is to say.
    [0.99, { 0.1: 0, 1: 50, '+Inf': 100 }, 1],
    // Empty buckets below tell where the full one begins.
    [0.5, { 0.25: 0, 0.5: 4, '+Inf': 4 }, 0.375],
    [0.5, { 0.25: 0, 0.5: 0, '+Inf': 0 }, undefined],
    [0.5, {}, undefined],
    [0.5, { '+Inf': 4 }, undefined],
  ])('%d of %j is %s', (rank, counts, expected) => {
    expect(quantiles([rank], buckets(counts))[0]).toBe(expected)
  })

  it('are of all series together', () => {
    const both = [...buckets({ 0.1: 10, 1: 10, '+Inf': 10 }), ...buckets({ 0.1: 0, 1: 10, '+Inf': 10 })]
    expect(quantiles([0.25, 0.75], both)).toEqual([0.05, 0.55])
  })

  it('begin where the bucket does, after growth has left out what did not move', () => {
    const bucket = (le: string, value: number) =>
      `http_server_request_duration_seconds_bucket{le="${le}"} ${value}\n`
    const page = (...[low = 0, high = 0]: number[]) =>
      targets('one') + bucket('0.25', low) + bucket('0.5', high) + bucket('+Inf', high)
    const growth = growthBetween(scrapeAt(0, page(3, 3)), scrapeAt(2, page(3, 7)))
    expect(quantiles([0.5], growth?.samples.requestBuckets ?? [])).toEqual([0.375])
  })
})

describe('what is drawn', () => {
  const request = (labels: string, value: number) => `${REQUESTS}{${labels}} ${value}\n`
  const route = (name: string, method = 'GET', status = 200) =>
    `http_route="${name}",http_request_method="${method}",http_response_status_code="${status}"`

  /** The moments of two scrapes a second apart. */
  function momentsOf(before: string, after: string) {
    const history = createHistory({ longestMs: 16_000 })
    history.add(scrapeAt(0, targets('one') + before))
    history.add(scrapeAt(1, targets('one') + after))
    return history
  }

  it('names the five busiest, each in its colour for as long as it is one of them', () => {
    const draw = createRateLines('requests', ({ http_route = '' }) => http_route)
    const page = (...values: number[]) =>
      values.map((value, index) => request(route(`/${index}`), value)).join('')
    const first = draw(momentsOf('', page(70, 60, 50, 40, 30, 20, 10)).moments())
    const second = draw(momentsOf('', page(10, 20, 30, 40, 50, 60, 70)).moments())

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

  it('is of one endpoint when one is chosen', () => {
    const page =
      request(route('/a'), 8) + request(route('/a', 'GET', 404), 2) + request(route('/a', 'POST', 500), 1)
    const moments = momentsOf('', page).moments()
    const errors = (endpoint: string) =>
      CHARTS.errors?.lines(moments, endpoint).map(({ values }) => values.at(-1))
    expect([errors(''), errors('GET /a'), errors('POST /a')]).toEqual([
      [2, 1],
      [2, 0],
      [0, 1],
    ])
    expect(
      CHARTS.requests?.lines(moments, 'GET /a').map(({ label, values }) => [label, values.at(-1)]),
    ).toEqual([
      ['2xx', 8],
      ['3xx', 0],
      ['4xx', 2],
      ['5xx', 0],
    ])
  })

  it('has no durations of a stream, in charts or rows', () => {
    const stream = route('/api/users/:username/timeline/stream')
    const bucket = (labels: string, le: string, value: number) =>
      `http_server_request_duration_seconds_bucket{${labels},le="${le}"} ${value}\n`
    const durations = (labels: string, low: number, high: number) =>
      request(labels, high) +
      bucket(labels, '1', low) +
      bucket(labels, '10', high) +
      bucket(labels, '+Inf', high)
    const history = momentsOf('', durations(stream, 0, 90) + durations(route('/a'), 10, 10))

    expect(CHARTS.durations?.lines(history.moments(), '').map(({ values }) => values.at(-1))).toEqual([
      0.5, 0.95, 0.99,
    ])
    const page = scrapeAt(1, durations(stream, 0, 90) + durations(route('/a'), 10, 10))
    expect(rowsOf(page.samples.requests, history.lastMinute())).toMatchObject([
      {
        route: '/api/users/:username/timeline/stream',
        perSecond: 90,

        quantiles: [],
        total: 90,
      },
      { route: '/a', perSecond: 10, quantiles: [0.5, 0.95, 0.99], total: 10 },
    ])
  })

  it('has totals before there are rates', () => {
    const { samples } = scrapeAt(
      0,
      request(route('/a'), 3) + request(route('/a', 'GET', 500), 1) + request(route('/b'), 9),
    )
    expect(rowsOf(samples.requests, undefined)).toMatchObject([
      { endpoint: 'GET /b', total: 9, perSecond: undefined, serverErrors: undefined },
      { endpoint: 'GET /a', total: 4, perSecond: undefined, serverErrors: undefined },
    ])
  })

  it('is the worst event loop of several processes, and the sum of their memory', () => {
    const loop = (id: string, active: number, idle: number) =>
      `nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active",service_instance_id="${id}"} ${active}\n` +
      `nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="idle",service_instance_id="${id}"} ${idle}\n`
    const gauges =
      'process_memory_usage_bytes{service_instance_id="one"} 5\nprocess_memory_usage_bytes{service_instance_id="two"} 6\n' +
      'nodejs_eventloop_delay_p99_seconds{service_instance_id="one"} 0.3\nnodejs_eventloop_delay_p99_seconds{service_instance_id="two"} 0.2\n'
    const both = targets('two')
    const moments = momentsOf(
      both + loop('one', 1, 1) + loop('two', 1, 1),
      both + loop('one', 1.75, 1.25) + loop('two', 1.25, 1.75) + gauges,
    ).moments()

    expect(utilization(moments.at(-1)?.rates)).toBe(0.75)
    expect(CHARTS.memory?.lines(moments, '')[0]?.values).toEqual([null, 11])
    expect(CHARTS.loopDelay?.lines(moments, '')[0]?.values).toEqual([null, 0.3])
  })
})
