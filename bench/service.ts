// The service as users run it, for what measures it: a process on free ports, without limits on its clients.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const settings = {
  PORT: '0',
  OTEL_EXPORTER_PROMETHEUS_PORT: '0',
  RATE_LIMIT_REQUESTS: '0',
  RATE_LIMIT_LOGIN: '0',
  RATE_LIMIT_SIGNUP: '0',
  RATE_LIMIT_POSTS: '0',
}

/**
 * Starts the service and waits until it is ready. `env` says at least which database; `preload` are the modules
 * loaded before it. `metricsUrl` is its pull endpoint's, where it has one.
 */
export async function startService(env: Record<string, string>, preload = ['./otel/register.ts']) {
  const imports = preload.flatMap((path) => ['--import', path])
  const child = spawn(process.execPath, [...imports, 'src/main.ts'], {
    env: { PATH: process.env.PATH, ...settings, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const ended = once(child, 'close')
  const { stdout } = child
  if (!stdout) throw new Error('The service has no standard output.')
  let listening: string | undefined
  let metricsUrl: string | undefined
  for await (const line of createInterface(stdout)) {
    const { msg, url, endpoint } = JSON.parse(line)
    if (msg === 'metrics exported') metricsUrl = endpoint
    if (msg === 'listening') listening = url
    if (msg === 'ready') break
  }
  stdout.resume()
  if (!listening) throw new Error('The service did not start; what it said is above.')
  return {
    url: listening,
    metricsUrl,
    process: child,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
