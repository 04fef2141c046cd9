import { channel } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { startPullEndpoint } from '../../otel/pull/endpoint.ts'
import { withdrawReadiness } from '../../otel/readiness.ts'

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

  it('is 503 once telemetry is down', async () => {
    const withdraw = `import { subscribe } from 'node:diagnostics_channel'
      subscribe('microposts.readiness', (checks) => { checks.telemetry = false })`
    const preload = `--import=data:text/javascript,${encodeURIComponent(withdraw)}`
    const service = await startService({ NODE_OPTIONS: preload })
    onTestFinished(() => service.stop())
    expect(await call(service, 'GET', '/readyz')).toMatchObject({
      status: 503,
      body: { status: 'unready', checks: { database: true, telemetry: false } },
    })
  })
})

describe('telemetry', () => {
  it('is down when its endpoint is closed', async () => {
    const endpoint = await startPullEndpoint({ host: '127.0.0.1', port: 0, log: () => {} })
    withdrawReadiness(endpoint.isUp)
    const ask = () => {
      const checks = { telemetry: true }
      channel('microposts.readiness').publish(checks)
      return checks
    }
    expect(ask()).toEqual({ telemetry: true })
    await endpoint.close()
    expect(ask()).toEqual({ telemetry: false })
  })
})
