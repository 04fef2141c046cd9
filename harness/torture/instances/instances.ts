// Several instances of the service on one database, each on a port that it keeps.
import type { DatabaseEnv } from '../../database.ts'
import { freePort } from '../../http/free-port.ts'
import { type Service, startService } from '../../service.ts'

export type Instances = Awaited<ReturnType<typeof startInstances>>

/** The names of the servers in deploy/haproxy/microposts.cfg. */
export const instanceNames = ['one', 'two'] as const
export type InstanceName = (typeof instanceNames)[number]

/** Starts two instances, one after the other, as clients of a proxy on this machine see them. */
export async function startInstances(database: DatabaseEnv, env: Record<string, string> = {}) {
  const running = new Map<InstanceName, Service>()
  const ports = { one: await freePort(), two: await freePort() }
  const stops: { name: InstanceName; seconds: number; exitCode: number | null }[] = []

  async function start(name: InstanceName) {
    const settings = { HOST: '127.0.0.1', PORT: String(ports[name]), TRUST_PROXY: 'true', ...env }
    running.set(name, await startService(settings, { env: database }))
  }

  async function stop(name: InstanceName, signal: NodeJS.Signals = 'SIGTERM') {
    const service = running.get(name)
    if (!service) return
    running.delete(name)
    const begin = performance.now()
    await service.stop(signal)
    stops.push({ name, seconds: (performance.now() - begin) / 1_000, exitCode: await service.exited })
  }

  const stopAll = (signal?: NodeJS.Signals) => Promise.all(instanceNames.map((name) => stop(name, signal)))

  try {
    for (const name of instanceNames) await start(name)
  } catch (error) {
    await stopAll('SIGKILL')
    throw error
  }
  return {
    start,
    stop,
    stopAll,
    /** How long each stop took, and how it ended. */
    stops: stops as readonly (typeof stops)[number][],
    /** The addresses, as the environment of haproxy. */
    addresses: { ONE: `127.0.0.1:${ports.one}`, TWO: `127.0.0.1:${ports.two}` },
    target: (name: InstanceName) => ({ url: `http://127.0.0.1:${ports[name]}` }),
  }
}
