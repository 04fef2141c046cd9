// The same service, measured in different ways.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Variant = { name: string; preload: string[]; env: Record<string, string> }

const telemetry = './otel/register.ts'
const reportCpu = './bench/telemetry/report-cpu.ts'
const off = { OTEL_SDK_DISABLED: 'true' }

/** The first is what the others are compared with; the second is the same, so that it tells what is noise. */
export function variantsOf(collector: string): Variant[] {
  const push = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  }
  return [
    { name: 'off', preload: [telemetry, reportCpu], env: off },
    { name: 'off, a second process', preload: [telemetry, reportCpu], env: off },
    { name: 'on, scraped', preload: [telemetry, reportCpu], env: {} },
    { name: 'on, scraped and pushed', preload: [telemetry, reportCpu], env: push },
    {
      name: 'prom-client, scraped',
      preload: [telemetry, reportCpu, './bench/telemetry/prom-client/register.ts'],
      env: off,
    },
  ]
}

/** Takes whatever is pushed to it. */
export async function startCollector() {
  const server = createServer((request, response) => {
    request.on('end', () => response.end()).resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}
