// Starts the bare service for a test, with or without what measures it.
import { runService } from '../../../harness/service.ts'

const entry = 'test/otel/support/bare-service.ts'

/** A process with these settings, listening or not. */
export const runBare = (env: Record<string, string>) => runService(env, { entry })

/** A process that listens; `exporters` is what it said that it exports, `metricsUrl` its pull endpoint. */
export async function startBare(env: Record<string, string> = {}) {
  const running = runBare(env)
  const { url } = await running.logged('listening')
  const said = running.lines.find(({ msg }) => msg.startsWith('metrics'))
  return {
    ...running,
    url: String(url),
    metricsUrl: String(said?.endpoint),
    exporters: said?.exporters,
    stop: () => {
      running.kill('SIGTERM')
      return running.exited
    },
  }
}
