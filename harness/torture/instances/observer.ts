// Clients that read, and health checks, while something happens to the database.
import { setTimeout } from 'node:timers/promises'
import { call, type Target, type User } from '../../http/client.ts'

const readers = 4
const pauseMs = 20

/** Observes until the signal is aborted. */
export function observeService(target: Target, { username, token }: User, signal: AbortSignal) {
  const wrong: string[] = []
  const live: string[] = []
  let unavailable = 0
  let longestMs = 0
  let readiness: number | undefined

  async function read() {
    const start = performance.now()
    const { status, headers } = await call(target, 'GET', `/api/users/${username}/timeline`, { token })
    longestMs = Math.max(longestMs, performance.now() - start)
    const isUnavailable = status === 503 && headers.has('Retry-After')
    if (isUnavailable) unavailable++
    else if (status !== 200) wrong.push(String(status))
  }

  const check = async (path: string) => (await call(target, 'GET', path)).status

  async function repeat(work: () => Promise<unknown>, faults: string[]) {
    while (!signal.aborted)
      await Promise.all([work().catch(({ message }) => faults.push(message)), setTimeout(pauseMs)])
  }

  const running = Promise.all([
    ...Array.from({ length: readers }, () => repeat(read, wrong)),
    repeat(async () => {
      const status = await check('/livez')
      if (status !== 200) live.push(String(status))
    }, live),
    repeat(async () => {
      readiness = await check('/readyz')
    }, wrong),
  ])

  return {
    /** The last status of /readyz. */
    readiness: () => readiness,
    /** What was seen in all: reads that were neither 200 nor a 503 with Retry-After, and responses of /livez other than 200. */
    finished: async () => {
      await running
      return { wrong, live, unavailable, longestMs }
    },
  }
}
