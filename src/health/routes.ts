// Whether the process lives, and whether it can answer requests now.
import { z } from 'zod'
import { route } from '../http/endpoint.ts'

const tag = 'Health'
const Live = z.object({ status: z.literal('live') }).meta({ id: 'Live' })
const Ready = z
  .object({
    status: z.enum(['ready', 'unready']),
    checks: z.record(z.string(), z.boolean()).meta({
      description: 'Each condition and whether it holds.',
      examples: [{ database: true, migrations: true, telemetry: true, serving: true }],
    }),
  })
  .meta({ id: 'Ready' })
const headers = { 'Cache-Control': '`no-store`: it is true at the moment' }
const noStore = { 'Cache-Control': 'no-store' }

/** Each condition of readiness, by its name. */
export type Checks = () => Promise<Record<string, boolean>>

export function healthRoutes(checks: Checks) {
  return [
    route(
      {
        method: 'GET',
        path: '/livez',
        auth: 'none',
        summary: 'Whether the process lives',
        tag,
        replies: { 200: { description: 'It does', body: Live, headers } },
      },
      () => Promise.resolve({ status: 200, headers: noStore, body: { status: 'live' } }),
    ),

    route(
      {
        method: 'GET',
        path: '/readyz',
        auth: 'none',
        summary: 'Whether requests can be answered now',
        tag,
        replies: {
          200: { description: 'They can', body: Ready, headers },
          503: { description: 'They cannot; the checks say why', body: Ready, headers },
        },
      },
      async () => {
        const results = await checks()
        const ready = Object.values(results).every(Boolean)
        return ready
          ? { status: 200, headers: noStore, body: { status: 'ready', checks: results } }
          : { status: 503, headers: noStore, body: { status: 'unready', checks: results } }
      },
    ),
  ]
}
