import { setTimeout } from 'node:timers/promises'
import type { Service } from '../../service.ts'

/** Requests the health checks and the metrics all the time; `stop` returns how often they succeeded, and each failure. */
export function watch(service: Service) {
  const urls = [`${service.url}/livez`, `${service.url}/readyz`, service.metricsUrl]
  const failures: string[] = []
  let successes = 0
  let running = true
  const loop = async (url: string) => {
    while (running) {
      const status = await statusOf(url)
      if (status === 200) successes++
      else failures.push(`${new URL(url).pathname}: ${status}`)
      await setTimeout(50)
    }
  }
  const loops = Promise.all(urls.map(loop))
  return {
    stop: async () => {
      running = false
      await loops
      return { failures, successes }
    },
  }
}

async function statusOf(url: string): Promise<number | string> {
  try {
    const response = await fetch(url)
    await response.text()
    return response.status
  } catch (error) {
    return (error as Error).message
  }
}
