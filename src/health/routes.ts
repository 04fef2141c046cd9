// Health checks: /livez for restarts, /readyz for load balancers.
import { z } from 'zod'
import { route } from '../http/endpoint.ts'
import type { Health } from './service.ts'

const tag = 'Health'
const Live = z.object({ status: z.literal('live') }).meta({ id: 'Live' })
const Ready = z
  .object({
    status: z.enum(['ready', 'unready']),
    checks: z.record(z.string(), z.boolean()).meta({
      description: 'Each condition, and whether it is met.',
      examples: [{ database: true, migrations: true, telemetry: true, serving: true }],
    }),
  })
  .meta({ id: 'Ready' })
const headers = { 'Cache-Control': '`no-store`, because the state can change at any moment' }
const noStore = { 'Cache-Control': 'no-store' }

export function healthRoutes(health: Health) {
  return [
    route(
      {
        method: 'GET',
        path: '/livez',
        auth: 'none',
        summary: 'Check whether the process is alive',
        tag,
        replies: { 200: { description: 'The process is alive', body: Live, headers } },
      },
      () => Promise.resolve({ status: 200, headers: noStore, body: { status: 'live' } }),
    ),

    route(
      {
        method: 'GET',
        path: '/readyz',
        auth: 'none',
        summary: 'Check whether the process can serve requests',
        tag,
        replies: {
          200: { description: 'All conditions are met', body: Ready, headers },
          503: { description: 'A condition is not met; `checks` says which', body: Ready, headers },
        },
      },
      async () => {
        const checks = await health.readiness()
        const isReady = Object.values(checks).every(Boolean)
        return isReady
          ? { status: 200, headers: noStore, body: { status: 'ready', checks } }
          : { status: 503, headers: noStore, body: { status: 'unready', checks } }
      },
    ),
  ]
}
