import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../until.ts'

/** Starts a program and waits until `readyUrl` responds with success. Rejects with its stderr if it ends before that. */
export async function startProgram(path: string, args: string[], readyUrl: string) {
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output = `${output}${chunk}`.slice(-4_000)
  })
  const ended = once(child, 'close')
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await ended
  }
  try {
    await until(`${path} is ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${path} exited with ${child.exitCode}: ${output}`)
      return fetch(readyUrl).then(
        (response) => response.ok,
        () => false,
      )
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}
