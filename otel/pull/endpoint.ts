// The pull endpoint: GET /metrics for Prometheus, the live view for people on /.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { prefersGzip } from '../../lib/content-encoding.ts'
import { createLiveView } from '../live-view/live-view.ts'
import type { Log } from '../log.ts'
import { createSources } from './cluster/sources.ts'
import { reasonsOf } from './collection.ts'
import { createExposition } from './exposition/exposition.ts'
import { CONTENT_TYPES, preferredFormat } from './negotiation.ts'
import { createScraper } from './scraper.ts'
import { createSelfMetrics, type SelfMetrics } from './self-metrics.ts'
import { close, listen, portOf } from './server.ts'
import { timeLimit } from './time-limit.ts'
import { hasToken } from './token.ts'

/**
 * `version` is the service's, for the scope of the endpoint's own metrics; `token` is asked for on `/metrics`; `id` tells
 * several endpoints of a process apart, 0 where there is one.
 */
export type PullEndpointOptions = {
  host: string
  port: number
  token?: string
  version?: string
  id?: number
  log: Log
}

export type PullEndpoint = {
  reader: MetricReader
  url: string
  port: number
  isUp(): boolean
  close(): Promise<void>
}

/**
 * Starts the endpoint; the caller gives its reader to the meter provider. Rejects with an Error that names host, port
 * and the reason when it cannot listen. It does not keep the process alive.
 */
export async function startPullEndpoint(options: PullEndpointOptions): Promise<PullEndpoint> {
  const { host, token, log } = options
  const reader = new PrometheusExporter({ preventServerStart: true })
  const sources = createSources(reader, options.id ?? 0)
  const scrape = createScraper(sources, createExposition(log))
  const liveView = createLiveView()
  let self: SelfMetrics | undefined

  const server = await listen(host, options.port, (request, response) => {
    const path = pathOf(request)
    if (path !== '/metrics' && !liveView.has(path))
      return refuse(response, 404, 'Only / and /metrics are here.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // What a client sends along is not read.
      return refuse(response, 405, 'Only GET and HEAD.', { Allow: 'GET, HEAD', Connection: 'close' })
    }
    if (path !== '/metrics') return void answerView(path, request, response)
    if (token !== undefined && !hasToken(request.headers.authorization, token)) {
      return refuse(response, 401, 'A bearer token is needed.', { 'WWW-Authenticate': 'Bearer' })
    }
    void answerScrape(request, response)
  })

  async function answerScrape({ headers }: IncomingMessage, response: ServerResponse) {
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    // Not before the first scrape: the meter provider is set after the endpoint has started.
    self ??= createSelfMetrics(options.version)
    const format = preferredFormat(headers.accept)
    const gzipped = prefersGzip(headers['accept-encoding'])
    const timeoutMs = timeLimit(headers['x-prometheus-scrape-timeout-seconds'])
    try {
      const { body, size } = await scrape({ format, gzipped, timeoutMs })
      self.succeeded(seconds(), size)
      send(response, 200, CONTENT_TYPES[format], body, {
        Vary: 'Accept, Accept-Encoding',
        ...(gzipped && { 'Content-Encoding': 'gzip' }),
      })
    } catch (error) {
      self.failed(seconds())
      log('error', { reasons: reasonsOf(error) }, 'scrape failed')
      refuse(response, 503, 'The metrics could not be collected; the log says why.')
    }
  }

  async function answerView(path: string, request: IncomingMessage, response: ServerResponse) {
    try {
      await liveView.respond(path, request, response)
    } catch (error) {
      log('error', { path, reasons: reasonsOf(error) }, 'live view failed')
      refuse(response, 500, 'The page could not be read; the log says why.')
    }
  }

  const port = portOf(server)
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return {
    reader,
    port,
    url: `http://${authority}/metrics`,
    isUp: () => server.listening,
    close: () => {
      sources.close()
      return close(server)
    },
  }
}

/** The path without query, also of a request in absolute form (RFC 9112, section 3.2.2). */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '') || '/'
}

function refuse(response: ServerResponse, status: number, detail: string, headers = {}) {
  send(response, status, 'text/plain; charset=utf-8', `${detail}\n`, headers)
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer, headers = {}) {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}
