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

/** Starts the service on a database and waits until it is ready. */
export async function startService(database: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', './otel/register.ts', 'src/main.ts'], {
    env: { PATH: process.env.PATH, ...settings, ...database },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  let listening: string | undefined
  for await (const line of createInterface(child.stdout)) {
    const { msg, url } = JSON.parse(line)
    if (msg === 'listening') listening = url
    if (msg === 'ready') break
  }
  child.stdout.resume()
  if (!listening) throw new Error('The service did not start; what it said is above.')
  return {
    url: listening,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
