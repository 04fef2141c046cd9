// Sends the demo's requests and keeps count of what they were answered.
import { table } from '../../harness/command-line/table.ts'

export type Client = ReturnType<typeof createClient>
export type Answer = { status: number; body: Record<string, unknown>; retryAfterMs: number }
export type Request = { method?: string; path: string; token?: string | undefined; json?: object }

export function createClient(url: string) {
  const statuses = new Map<number, number>()
  const durationsMs: number[] = []

  return {
    /** @throws {Error} that says so when no service answers at the URL. */
    async send({ method = 'GET', path, token, json }: Request): Promise<Answer> {
      const start = performance.now()
      const response = await fetch(new URL(path, url), {
        method,
        headers: {
          ...(json && { 'Content-Type': 'application/json' }),
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        body: json && JSON.stringify(json),
      }).catch((cause) => {
        throw new Error(
          `No service answers at ${url}. Start it with npm start, or name another one with --url.`,
          {
            cause,
          },
        )
      })
      const text = await response.text()
      durationsMs.push(performance.now() - start)
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      const isJson = /json/.test(response.headers.get('Content-Type') ?? '')
      const retryAfterMs = Number(response.headers.get('Retry-After') ?? 0) * 1_000
      return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : {}, retryAfterMs }
    },

    /** Requests by status, and how long they took. */
    summary(): string {
      const sorted = durationsMs.toSorted((a, b) => a - b)
      const quantile = (q: number) => `${(sorted[Math.floor(q * (sorted.length - 1))] ?? 0).toFixed(1)} ms`
      const rows = [...statuses].sort().map(([status, requests]) => [String(status), requests])
      return `${table(['status', 'requests'], rows)}\n${sorted.length} requests, p50 ${quantile(0.5)}, p95 ${quantile(0.95)}\n`
    },
  }
}
