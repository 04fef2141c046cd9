// What the service exposes with its default settings.

import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Service, startService } from '../../harness/service.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

/** Whether a connection is accepted at an address. */
function accepts(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: address, port })
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

const otherAddresses = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0)
  .map(({ address }) => address)

describe.each([
  ['the API', () => service.url],
  ['the metrics port', () => service.metricsUrl],
])('%s', (_, url) => {
  it('is on the loopback address alone', async () => {
    const port = Number(new URL(url()).port)
    expect(await accepts('localhost', port)).toBe(true)
    // 127.0.0.2 is another loopback address where the system has it.
    for (const address of [...otherAddresses, '127.0.0.2']) expect(await accepts(address, port)).toBe(false)
  })

  it('lets no page of another origin read its responses', async () => {
    const headers = { Origin: 'https://other.example' }
    for (const path of ['/', '/metrics', '/api/users']) {
      const response = await fetch(new URL(path, url()), { headers })
      await response.body?.cancel()
      const names = [...response.headers.keys()]
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
      if (response.headers.get('Content-Type')?.startsWith('text/html'))
        expect(response.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    }
  })
})
