import { describe, expect, it } from 'vitest'
import { startScraped } from './support/scraped.ts'

const text = 'text/plain; version=0.0.4; charset=utf-8'
const text1 = 'text/plain; version=1.0.0; charset=utf-8; escaping=underscores'
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores'
const protobuf =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores'
const acceptProtobuf =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'

describe('the Content-Type of a scrape', () => {
  it.each([
    ['no Accept header', undefined, text],
    ['curl', '*/*', text],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', text],
    [
      'Prometheus 2.42',
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      openMetrics,
    ],
    [
      'Prometheus 2.42 with native histograms',
      `${acceptProtobuf},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
      protobuf,
    ],
    [
      'Prometheus 3',
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      openMetrics.replace('underscores', 'allow-utf-8'),
    ],
    ['only OpenMetrics', 'Application/OpenMetrics-Text; Version="1.0.0"', openMetrics],
    ['OpenMetrics of any version', 'application/openmetrics-text', openMetrics],
    ['protobuf without parameters', 'application/vnd.google.protobuf', protobuf],
    [
      'protobuf in another encoding',
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text',
      text,
    ],
    ['another protobuf message', 'application/vnd.google.protobuf;proto=other;encoding=delimited', text],
    ['text 1.0.0', 'text/plain;version=1.0.0', text1],
    ['text of any version', 'text/plain', text],
    ['any application type', 'application/*', openMetrics],
    ['an older version', 'application/openmetrics-text; version=0.0.1', text],
    ['a preference for the text format', 'application/openmetrics-text;q=0.4, text/plain;q=0.5', text],
    ['a preference for any text type', 'application/openmetrics-text;q=0.4, text/*;q=0.5', text],
    [
      'no preference',
      `text/plain;version=0.0.4, text/plain;version=1.0.0, application/openmetrics-text, ${acceptProtobuf}`,
      protobuf,
    ],
    ['no preference among texts', 'text/plain;version=0.0.4, text/plain;version=1.0.0', text1],
    ['a named format and a wildcard', 'application/openmetrics-text, */*', openMetrics],
    ['a rejection of OpenMetrics', 'application/openmetrics-text;q=0, */*;q=0.1', text],
    ['a rejection of everything', '*/*;q=0', text],
    ['an unsupported type', 'application/json', text],
    ['an unknown escaping', 'text/plain;version=1.0.0;escaping="allow-utf-8\\r\\nSet-Cookie: a=b"', text1],
    ['text 0.0.4 with an escaping', 'text/plain;version=0.0.4;escaping=values', `${text}; escaping=values`],
    ['an invalid header', ';;q=,"', text],
    ['an invalid quality', `${acceptProtobuf};q=2, text/plain;version=1.0.0;q=0.1`, text1],
    ['quotes that do not end', `text/plain;version=1.0.0;x="${'\\"'.repeat(5_000)}\\`, text1],
    ['thousands of ranges', `${'a/b,'.repeat(3_000)}${acceptProtobuf}`, text],
  ])('fits %s', async (_, accept, contentType) => {
    const { ask } = await startScraped()

    const { status, headers } = await ask({ headers: accept === undefined ? {} : { accept } })

    expect([status, headers['content-type']]).toEqual([200, contentType])
  })
})
