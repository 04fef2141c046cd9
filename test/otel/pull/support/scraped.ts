// A pull endpoint with its own meter provider, and raw requests to it.
import { once } from 'node:events'
import { type Agent, type IncomingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { metrics } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics'
import { onTestFinished } from 'vitest'
import { collectLog } from '../../../../harness/log.ts'
import { type Format, parseExposition } from '../../../../harness/telemetry/exposition-parser.ts'
import { decodeExposition } from '../../../../harness/telemetry/protobuf-decoder.ts'
import { guardMeters } from '../../../../otel/meters.ts'
import { createNativeHistograms } from '../../../../otel/native/histograms.ts'
import { createPause } from '../../../../otel/native/pause.ts'
import { createNativeReader } from '../../../../otel/native/reader.ts'
import { startPullEndpoint } from '../../../../otel/pull/endpoint.ts'
import type { ExpositionOptions } from '../../../../otel/pull/exposition/exposition.ts'

export type ScrapeResponse = { status: number; headers: IncomingHttpHeaders; body: Buffer; port: number }
export type RequestOptions = {
  method?: string
  headers?: Record<string, string>
  agent?: Agent
  path?: string
}

export type ScrapedSettings = {
  token?: string
  host?: string
  nativeHistograms?: boolean
  views?: ViewOptions[]
} & Partial<ExpositionOptions>

/** Starts an endpoint on a free port, until the test ends. */
export async function startScraped(settings: ScrapedSettings = {}) {
  const { log, lines } = collectLog()
  const { nativeHistograms = false, views = [] } = settings
  const native = nativeHistograms ? { reader: createNativeReader(), pause: createPause() } : undefined
  const endpoint = await startPullEndpoint({
    host: '127.0.0.1',
    port: 0,
    version: '0.1.0',
    log,
    native,
    ...settings,
  })
  const resource = resourceFromAttributes({ 'service.name': 'microposts', 'service.instance.id': 'one' })
  const sdk = new MeterProvider({ resource, readers: [endpoint.reader], views })
  const duplicate = native && createNativeHistograms([native.reader], views, native.pause).duplicate
  const provider = guardMeters(sdk, {}, duplicate)
  metrics.disable()
  metrics.setGlobalMeterProvider(provider)
  onTestFinished(async () => {
    await sdk.shutdown()
    await endpoint.close()
    metrics.disable()
  })

  const ask = (options: RequestOptions = {}) => askFor(endpoint.url, options)
  return {
    ...endpoint,
    logs: lines,
    meter: provider.getMeter('test'),
    ask,
    /** The messages of a successful scrape in the protobuf format. */
    async messages() {
      const { body } = await ask({ headers: { accept: 'application/vnd.google.protobuf' } })
      return decodeExposition(body)
    },
    /** The families of a successful scrape. */
    async families(format: Format = 'text') {
      const accept = format === 'text' ? 'text/plain' : 'application/openmetrics-text'
      const { body } = await ask({ headers: { accept } })
      return parseExposition(body.toString(), format)
    },
  }
}

/** Sends a request; `path` replaces the URL's without being normalised. `port` is the client's own. */
export async function askFor(
  url: string,
  { path, ...options }: RequestOptions = {},
): Promise<ScrapeResponse> {
  const sent = request(url, { agent: false, ...options, ...(path !== undefined && { path }) })
  sent.end()
  const [response] = await once(sent, 'response')
  const port = response.socket.localPort
  return { status: response.statusCode, headers: response.headers, body: await buffer(response), port }
}
