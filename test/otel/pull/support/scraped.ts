// A pull endpoint with its own meter provider, and raw requests to it.
import { once } from 'node:events'
import { type Agent, type IncomingHttpHeaders, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { metrics } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { onTestFinished } from 'vitest'
import { collectLog } from '../../../../harness/log.ts'
import { type Format, parseExposition } from '../../../../harness/telemetry/exposition-parser.ts'
import { startPullEndpoint } from '../../../../otel/pull/endpoint.ts'

export type ScrapeResponse = { status: number; headers: IncomingHttpHeaders; body: Buffer; port: number }
export type RequestOptions = {
  method?: string
  headers?: Record<string, string>
  agent?: Agent
  path?: string
}

/** Starts an endpoint on a free port, until the test ends. */
export async function startScraped(settings: { token?: string; host?: string } = {}) {
  const { log, lines } = collectLog()
  const endpoint = await startPullEndpoint({
    host: '127.0.0.1',
    port: 0,
    version: '0.1.0',
    log,
    ...settings,
  })
  const resource = resourceFromAttributes({ 'service.name': 'microposts', 'service.instance.id': 'one' })
  const provider = new MeterProvider({ resource, readers: [endpoint.reader] })
  metrics.disable()
  metrics.setGlobalMeterProvider(provider)
  onTestFinished(async () => {
    await provider.shutdown()
    await endpoint.close()
    metrics.disable()
  })

  const ask = (options: RequestOptions = {}) => askFor(endpoint.url, options)
  return {
    ...endpoint,
    logs: lines,
    meter: provider.getMeter('test'),
    ask,
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
