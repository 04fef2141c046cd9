// A server that stops while its event loop is busy.
import { connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { unrecordedMetrics } from '../../../harness/telemetry/metrics.ts'
import { until } from '../../../harness/until.ts'
import { startServer } from '../../../src/http/server.ts'
import { requestText } from '../support/raw.ts'

const lingerMs = 300
const text = requestText('GET / HTTP/1.1', { Connection: 'keep-alive' })

async function start() {
  const server = await startServer({
    handle: (_request, response) => response.end('here'),
    host: '127.0.0.1',
    port: 0,
    metrics: unrecordedMetrics(),
    timeouts: { stopLingerMs: lingerMs },
  })
  return server
}

function open(port: number) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  return { socket, read: collect(socket) }
}

function collect(socket: Socket) {
  let received = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    received += chunk
  })
  return () => received
}

function block(ms: number) {
  const end = performance.now() + ms
  while (performance.now() < end);
}

it('answers the request of an idle connection that arrives before its end', async () => {
  const server = await start()
  const { socket, read } = open(server.port)
  socket.write(text)
  await until('the first response', () => read().endsWith('here'))
  const stopped = server.stop(5_000)
  // The connections have been accepted, and the time for idle connections runs.
  await until('it accepts no connections', () => refuses(server.port))
  // The system has the request; the server reads it only after its timers.
  socket.write(text)
  block(2 * lingerMs)
  await stopped
  await until('the connection has ended', () => socket.closed)
  expect(read().match(/HTTP\/1.1 200 OK/g)).toHaveLength(2)
  expect(read()).toMatch(/\r\nConnection: close\r\n/)
})

it('answers the request of a connection that the system has accepted', async () => {
  const server = await start()
  const { socket, read } = open(server.port)
  socket.write(text)
  await server.stop(5_000)
  await until('the connection has ended', () => socket.closed)
  expect(read()).toMatch(/^HTTP\/1.1 200 OK\r\n/)
})

function refuses(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
