// Records the request duration with prom-client, as otel/http.ts does with instrumentation-http.
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { telemetryCatalogue } from '../../../otel/catalogue.ts'
import { Histogram } from './client.ts'

const metric = telemetryCatalogue['http.server.request.duration']
const duration = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: metric?.description ?? '',
  labelNames: [
    'http_request_method',
    'http_route',
    'http_response_status_code',
    'url_scheme',
    'network_protocol_version',
  ],
  buckets: metric?.boundaries ?? [],
})
const started = new WeakMap<IncomingMessage, number>()

subscribe('http.server.request.start', (message) => {
  started.set((message as { request: IncomingMessage }).request, performance.now())
})
subscribe('http.server.response.finish', (message) => {
  const { request, response } = message as {
    request: IncomingMessage & { route?: string }
    response: ServerResponse
  }
  const labels = {
    http_request_method: request.method ?? '',
    http_route: request.route ?? '',
    http_response_status_code: response.statusCode,
    url_scheme: 'http',
    network_protocol_version: request.httpVersion,
  }
  duration.observe(labels, (performance.now() - (started.get(request) ?? 0)) / 1000)
})
