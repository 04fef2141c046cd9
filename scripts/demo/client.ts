// Sends the demo's requests and counts the responses.
import { quantile } from '../../harness/command-line/statistics.ts'
import { table } from '../../harness/command-line/table.ts'
import { type ApiResponse, call, type RequestOptions } from '../../harness/http/client.ts'

export type Client = ReturnType<typeof createClient>

export function createClient(url: string) {
  const statuses = new Map<number, number>()
  const durationsMs: number[] = []

  return {
    async send(method: string, path: string, options?: RequestOptions): Promise<ApiResponse> {
      const start = performance.now()
      const response = await call({ url }, method, path, options).catch((cause) => {
        throw new Error(`No service responds at ${url}. Start it with npm start, or pass another --url.`, {
          cause,
        })
      })
      durationsMs.push(performance.now() - start)
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      return response
    },

    /** A table of requests by status, and a line about their durations. */
    summary(): string {
      const rows = [...statuses].sort().map(([status, requests]) => [String(status), requests])
      const [p50, p95] = [0.5, 0.95].map((share) => quantile(durationsMs, share).toFixed(1))
      return `${table(['status', 'requests'], rows)}\n${durationsMs.length} requests, p50 ${p50} ms, p95 ${p95} ms\n`
    },
  }
}
