// Compares a live scrape with src/metrics/catalogue.ts and otel/catalogue.ts, in both directions.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { metricsByFamily, unexpectedSeries } from './support/closed-sets.ts'

const types = { counter: 'counter', updowncounter: 'gauge', histogram: 'histogram', gauge: 'gauge' }

let service: Service
let seen: Scrape

beforeAll(async () => {
  service = await startService()
  await useEverything(service)
  await scrape(service)
  // The second scrape has the metrics of the first.
  seen = await scrape(service)
})
afterAll(() => service.stop())

/** Sends one request of each kind that creates series. */
async function useEverything(target: Service) {
  const [alice, bob] = [await buildUser(target), await buildUser(target)]
  const post = await buildPost(target, alice, { referenced: bob.username })
  const { token } = alice
  await call(target, 'PATCH', new URL(post.href).pathname, { token, json: { text: 'Another' } })
  await call(target, 'PUT', `/api/users/${alice.username}/following/${bob.username}`, { token })
  await call(target, 'GET', `/api/users/${alice.username}/timeline`, { token })
  await call(target, 'GET', '/api/users/nobody')
  await call(target, 'GET', '/nowhere')
  await call(target, 'DELETE', `/api/users/${alice.username}`, { token })
}

describe('a live scrape', () => {
  it('has every metric of the catalogues, with its type', () => {
    const expected = Array.from(metricsByFamily, ([family, { kind }]) => [family, types[kind]])
    const found = expected.map(([family = '']) => [family, seen.families.get(family)?.type])
    expect(found).toEqual(expected)
  })

  it('has no family that the catalogues lack', () => {
    const unknown = [...seen.families.keys()].filter((family) => !metricsByFamily.has(family))
    expect(unknown).toEqual(['target_info'])
  })

  it('has no label that its metric does not declare, and no value outside its closed set', () => {
    expect(unexpectedSeries(seen)).toEqual([])
  })

  it('has the buckets of the catalogues', () => {
    const histograms = [...metricsByFamily].filter(([, { kind }]) => kind === 'histogram')
    const expected = histograms.map(([family, { boundaries = [] }]) => [family, [...boundaries, Infinity]])
    const found = histograms.map(([family]) => {
      const bounds = seen
        .series(`${family}_bucket`)
        .map(({ labels: { le } }) => (le === '+Inf' ? Infinity : Number(le)))
      return [family, [...new Set(bounds)]]
    })
    expect(found).toEqual(expected)
  })

  it('has the descriptions of the catalogues', () => {
    const expected = Array.from(metricsByFamily, ([family, { description }]) => [family, description])
    const found = expected.map(([family = '']) => [family, seen.families.get(family)?.help])
    expect(found).toEqual(expected)
  })
})
