import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildPost, buildUser, call } from '../../../harness/http/client.ts'
import { startService } from '../../../harness/service.ts'
import { type Format, parseExposition } from '../../../harness/telemetry/exposition-parser.ts'
import { anyMetric, recordAll } from './support/any-metrics.ts'
import { createCollected } from './support/collected.ts'
import { startPythonParser, type TypedSample } from './support/python-parser.ts'
import { askFor } from './support/scraped.ts'

/** The text formats that prometheus_client supports, with the header that requests them. */
const formats: [Format, accept: string][] = [
  ['text', 'text/plain; version=0.0.4'],
  ['openmetrics', 'application/openmetrics-text; version=1.0.0'],
]

/** What the parser of these tests reads. */
const samplesOf = (text: string, format: Format): TypedSample[] =>
  [...parseExposition(text, format).values()].flatMap(({ type, samples }) =>
    samples.map((sample) => ({ ...sample, labels: { ...sample.labels }, type })),
  )

describe.each(formats)('Python’s prometheus_client, in the %s format,', (format, accept) => {
  it('reads the metrics of the service', async (context) => {
    const parse = startPythonParser(context)
    const service = await startService()
    onTestFinished(() => service.stop())
    const alice = await buildUser(service)
    await buildPost(service, alice, { referenced: alice.username })
    await call(service, 'GET', '/api/posts?search=post')
    await call(service, 'GET', '/api/nothing')

    const { headers, body } = await askFor(service.metricsUrl, { headers: { accept } })

    expect(headers['content-type']?.replaceAll(' ', '')).toContain(accept.replaceAll(' ', ''))
    const text = body.toString()
    const samples = await parse(text, format)
    expect(samples).toEqual(samplesOf(text, format))
    expect(samples).toContainEqual({
      type: 'counter',
      name: 'microposts_post_created_total',
      labels: expect.objectContaining({ microposts_post_referenced: 'true' }),
      value: 1,
    })
  })

  it('reads arbitrary metrics', async (context) => {
    const parse = startPythonParser(context)
    await fc.assert(
      fc.asyncProperty(fc.array(anyMetric, { maxLength: 20 }), async (metrics) => {
        const collected = createCollected()
        recordAll(collected, metrics)
        const text = await collected.exposition(format)

        expect(await parse(text, format)).toEqual(samplesOf(text, format))
      }),
      { numRuns: 300 },
    )
  })
})
