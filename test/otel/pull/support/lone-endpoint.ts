// A process with nothing but a pull endpoint, which lives until its standard input ends.
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { silentLog } from '../../../../harness/log.ts'
import { startPullEndpoint } from '../../../../otel/pull/endpoint.ts'

const { reader, url } = await startPullEndpoint({ host: '127.0.0.1', port: 0, log: silentLog })
const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
process.stdout.write(`${url}\n`)
process.once('beforeExit', () => process.stdout.write('beforeExit\n'))
process.stdin.once('data', () => {
  // From now on, scrapes hang.
  meter.createObservableGauge('size').addCallback(() => {
    process.stdout.write('hanging\n')
    return new Promise<void>(() => {})
  })
  process.stdout.write('ready\n')
})
