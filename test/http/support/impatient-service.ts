// A small app with telemetry and with short timeouts, for tests of slow clients.
import { z } from 'zod'
import { route } from '../../../src/http/endpoint.ts'
import { createMetrics } from '../../../src/metrics/instruments.ts'
import { startSmallApp } from './small-app.ts'

const echo = route(
  {
    method: 'POST',
    path: '/echo',
    auth: 'none',
    summary: 'Echo a text',
    tag: 'Test',
    body: z.object({ text: z.string() }),
    replies: { 200: { description: 'The text', body: z.string() } },
  },
  ({ body }) => ({ status: 200, body: body.text }),
)

const large = route(
  {
    method: 'GET',
    path: '/large',
    auth: 'none',
    summary: 'Read more than the buffers of a connection hold',
    tag: 'Test',
    replies: { 200: { description: 'A long text', body: z.string() } },
  },
  () => ({ status: 200, body: 'x'.repeat(20_000_000) }),
)

const app = await startSmallApp({
  routes: [echo, large],
  metrics: createMetrics({ version: '', revision: '', runtime: '' }),
  timeouts: { headersMs: 200, requestMs: 400, responseMs: 2_000, checkMs: 20, refusalLingerMs: 300 },
})
process.once('SIGTERM', app.stop)
process.stdout.write(`${JSON.stringify({ level: 30, url: app.url, msg: 'listening' })}\n`)
