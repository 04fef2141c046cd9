import { metrics } from '@opentelemetry/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { call } from '../../harness/http/client.ts'
import { silentLog } from '../../harness/log.ts'
import { startService } from '../../harness/service.ts'
import { telemetryStatus } from '../../lib/telemetry-status.ts'
import { defaultPullOptions } from '../../otel/config/types.ts'
import { startTelemetry } from '../../otel/telemetry.ts'

describe('GET /readyz', () => {
  it('is 200 with every check', async () => {
    const service = await startService()
    onTestFinished(() => service.stop())
    expect(await call(service, 'GET', '/readyz')).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        checks: { database: true, migrations: true, telemetry: true, serving: true },
      },
    })
  })

  it('is 503 while telemetry is down', async () => {
    const status = new URL('../../lib/telemetry-status.ts', import.meta.url)
    const down = `import { reportTelemetry } from '${status}'
      reportTelemetry({ isUp: () => false, addresses: {} })`
    const preload = ['./otel/register.ts', `data:text/javascript,${encodeURIComponent(down)}`]
    const service = await startService({}, undefined, { preload })
    onTestFinished(() => service.stop())
    expect(await call(service, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'unready', checks: { database: true, telemetry: false } },
    })
  })
})

describe('telemetry', () => {
  it('is down once its endpoint is closed', async () => {
    onTestFinished(() => metrics.disable())
    const pull = { kind: 'pull' as const, host: '127.0.0.1', port: 0, ...defaultPullOptions }
    const telemetry = await startTelemetry(
      { resource: { attributes: {} }, readers: [pull], views: [] },
      silentLog,
    )
    expect(telemetryStatus().isUp()).toBe(true)
    await telemetry.stop()
    expect(telemetryStatus().isUp()).toBe(false)
  })
})
