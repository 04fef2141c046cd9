// The pull endpoint: /metrics for Prometheus, and the live view for people at /.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { prefersGzip } from '../../lib/content-encoding.ts'
import { httpOrigin, listen } from '../../lib/listen.ts'
import type { Log } from '../../lib/log.ts'
import { requestPath } from '../../lib/request-path.ts'
import { defaultPullOptions } from '../config/types.ts'
import { createLiveView } from '../live-view/live-view.ts'
import { reasonsOf } from '../log.ts'
import type { Source } from './cluster/collection.ts'
import { createGatherer } from './cluster/primary.ts'
import { createExpositionWriter, type ExpositionOptions } from './exposition/exposition.ts'
import { contentTypeOf } from './exposition/formats.ts'
import { negotiate } from './negotiation.ts'
import { hasToken, scrapeTimeoutMs } from './scrape-request.ts'
import { createScraper } from './scraper.ts'
import { createSelfMetrics, type SelfMetrics } from './self-metrics.ts'
import { close, createPullServer, refuse, send } from './server.ts'

export type PullEndpointOptions = {
  host: string
  port: number
  /** The bearer token that `/metrics` requires. */
  token?: string
  /** The version of the scope of the endpoint's own metrics. */
  version?: string
  /** The index of the reader in the configuration. */
  readerId?: number
  native?: Source['native']
  log: Log
} & Partial<ExpositionOptions>

export type PullEndpoint = {
  reader: MetricReader
  origin: string
  /** The address of `/metrics`. */
  url: string
  port: number
  isUp(): boolean
  close(): Promise<void>
}

/**
 * Starts the endpoint. The caller adds its reader to the meter provider.
 *
 * @throws {Error} Its message is shown to the operator: the endpoint cannot listen.
 */
export async function startPullEndpoint(options: PullEndpointOptions): Promise<PullEndpoint> {
  const { host, token, log } = options
  const reader = new PrometheusExporter({ preventServerStart: true })
  const gatherer = createGatherer({ reader, native: options.native }, options.readerId ?? 0)
  const scrape = createScraper(gatherer, createExpositionWriter({ ...defaultPullOptions, ...options }, log))
  const liveView = createLiveView()
  let self: SelfMetrics | undefined

  const server = createPullServer((request, response) => {
    const path = requestPath(request)
    if (path !== '/metrics' && !liveView.has(path))
      return refuse(response, 404, 'Not found. The metrics are at /metrics, the live view at /.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // The connection is closed, because the request's body is not read.
      return refuse(response, 405, 'Only GET and HEAD.', { Allow: 'GET, HEAD', Connection: 'close' })
    }
    if (path !== '/metrics') return void respondWithFile(path, request, response)
    if (token !== undefined && !hasToken(request.headers.authorization, token)) {
      return refuse(response, 401, 'A bearer token is required.', { 'WWW-Authenticate': 'Bearer' })
    }
    void respondToScrape(request, response)
  })
  const port = await listen(server, { host, port: options.port })
  const origin = httpOrigin(host, port)

  async function respondToScrape({ headers }: IncomingMessage, response: ServerResponse) {
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    // Created with the first scrape: the meter provider is set after the endpoint has started.
    self ??= createSelfMetrics(options.version)
    const { format, escaping } = negotiate(headers.accept)
    const gzipped = prefersGzip(headers['accept-encoding'])
    const timeoutMs = scrapeTimeoutMs(headers['x-prometheus-scrape-timeout-seconds'])
    try {
      const { body, size } = await scrape({ format, escaping, gzipped, timeoutMs })
      self.succeeded(seconds(), size)
      send(response, 200, contentTypeOf(format, escaping), body, {
        Vary: 'Accept, Accept-Encoding',
        ...(gzipped && { 'Content-Encoding': 'gzip' }),
      })
    } catch (error) {
      self.failed(seconds())
      log.error({ reasons: reasonsOf(error) }, 'scrape failed')
      refuse(response, 503, 'The metrics could not be collected; the log says why.')
    }
  }

  async function respondWithFile(path: string, request: IncomingMessage, response: ServerResponse) {
    try {
      await liveView.respond(path, request, response)
    } catch (error) {
      log.error({ path, reasons: reasonsOf(error) }, 'live view failed')
      refuse(response, 500, 'The file could not be read; the log says why.')
    }
  }

  return {
    reader,
    origin,
    url: `${origin}/metrics`,
    port,
    isUp: () => server.listening,
    close: () => {
      gatherer.close()
      return close(server)
    },
  }
}
