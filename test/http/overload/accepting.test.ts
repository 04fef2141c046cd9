// Many clients that connect at once.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startService } from '../../../harness/service.ts'
import { unrecordedMetrics } from '../../../harness/telemetry/metrics.ts'
import { until } from '../../../harness/until.ts'
import { startServer } from '../../../src/http/server.ts'
import { requestText } from '../support/raw.ts'

const host = '127.0.0.1'

function openSockets(count: number, port: number) {
  const sockets = Array.from({ length: count }, () => connect(port, host))
  for (const socket of sockets) socket.on('error', () => {})
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

async function start(options: { maxConnections?: number } = {}) {
  const seen = { requests: 0 }
  const server = await startServer({
    handle: (_request, response) => {
      seen.requests++
      response.end()
    },
    host,
    port: 0,
    metrics: unrecordedMetrics(),
    ...options,
  })
  onTestFinished(() => server.stop(0))
  return { port: server.port, seen }
}

it('lets a thousand clients connect while the event loop is busy', async () => {
  const service = await startService({ HOST: host })
  onTestFinished(() => service.stop())
  service.kill('SIGSTOP')
  try {
    let connected = 0
    for (const socket of openSockets(1_000, Number(new URL(service.url).port)))
      socket.once('connect', () => connected++)
    await until('all are connected', () => connected === 1_000)
  } finally {
    service.kill('SIGCONT')
  }
})

it.runIf(process.platform === 'linux')('accepts several clients in each turn of the event loop', async () => {
  const { port, seen } = await start()
  for (const socket of openSockets(300, port)) socket.write(requestText('GET / HTTP/1.1'))
  let turns = 0
  for (; seen.requests < 300; turns++) await setImmediate()
  expect(turns).toBeLessThan(150)
})

it('closes connections beyond the limit at once, and accepts others when some have ended', async () => {
  const { port, seen } = await start({ maxConnections: 2 })
  const [first, second] = openSockets(2, port)
  for (const socket of [first, second])
    socket?.write(requestText('GET / HTTP/1.1', { Connection: 'keep-alive' }))
  await until('both are served', () => seen.requests === 2)
  const [third] = openSockets(1, port)
  if (!first || !third) throw new Error('There are no sockets.')
  third.resume().write(requestText('GET / HTTP/1.1'))
  await once(third, 'close')
  expect(seen.requests).toBe(2)

  first.destroy()
  await until('another is served', () => {
    openSockets(1, port)[0]?.write(requestText('GET / HTTP/1.1'))
    return seen.requests > 2
  })
})

it('does not share the port with another instance', async () => {
  const { port } = await start()
  const metrics = unrecordedMetrics()
  const second = startServer({ handle: () => {}, host, port, metrics })
  await expect(second).rejects.toThrow('another process listens there')
})
