// Starts the bare service for a test.
import { runService } from '../../../harness/service.ts'

const entry = 'test/otel/support/bare-service.ts'

/** Starts a process with these settings and does not wait for it. */
export const runBare = (env: Record<string, string>) => runService(env, { entry })

/** Starts a process and waits until it listens; `exporters` is what it logged about its exporters. */
export async function startBare(env: Record<string, string> = {}) {
  const running = runBare(env)
  const { url } = await running.logged('listening')
  const exported = running.lines.find(({ msg }) => msg.startsWith('metrics'))
  return {
    ...running,
    url: String(url),
    metricsUrl: String(exported?.endpoint),
    exporters: exported?.exporters,
    stop: () => {
      running.kill('SIGTERM')
      return running.exited
    },
  }
}
