// A service that reaches its PostgreSQL database through a relay, so that the database can fail.
import { createRelay } from '../http/relay.ts'
import { startService } from '../service.ts'

export type RelayedService = Awaited<ReturnType<typeof startRelayedService>>

/** `connections` is the size of its pool; `env` has further settings. */
export type ServiceOptions = { connections?: number; workers?: number; env?: Record<string, string> }

/** Starts a service on this database; `stop` ends the relay too. `workerPids` includes ended workers. */
export async function startRelayedService(
  databaseUrl: string,
  { connections, workers = 1, env = {} }: ServiceOptions = {},
) {
  const url = new URL(databaseUrl)
  const relay = createRelay(Number(url.port || 5432))
  await relay.start()
  url.host = `127.0.0.1:${relay.port()}`
  if (connections) url.searchParams.set('connection_limit', String(connections))
  const starting = startService({ WORKERS: String(workers), ...env }, { env: { DATABASE_URL: url.href } })
  const service = await starting.catch(async (error) => {
    await relay.stop()
    throw error
  })
  return {
    ...service,
    relay,
    workerPids: () =>
      service.lines.filter(({ msg }) => msg === 'worker started').map(({ pid }) => Number(pid)),
    stop: async (signal?: NodeJS.Signals) => {
      // A stopped process handles no SIGTERM.
      service.kill('SIGCONT')
      await service.stop(signal)
      await relay.stop()
    },
  }
}
