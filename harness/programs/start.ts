import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '../until.ts'

export type StartedProgram = Awaited<ReturnType<typeof startProgram>>

type StartOptions = {
  env?: Record<string, string>
  /** Runs the program as another user of the system. */
  user?: { uid: number; gid: number } | undefined
  /** Its working directory, which that user must be able to enter. */
  folder?: string
  /** A file descriptor for its stdout, which is ignored otherwise. */
  stdout?: number
}

/**
 * Starts a program and waits until it is `ready`: a URL that responds with success, or a check of the caller. Rejects with
 * its stderr if it ends before that.
 */
export async function startProgram(
  path: string,
  args: string[],
  ready: string | (() => Promise<boolean>),
  { env = {}, user, folder, stdout }: StartOptions = {},
) {
  const child = spawn(path, args, {
    stdio: ['ignore', stdout ?? 'ignore', 'pipe'],
    env: { ...process.env, ...env },
    ...user,
    ...(folder && { cwd: folder }),
  })
  let output = ''
  child.stderr?.on('data', (chunk) => {
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
      return typeof ready === 'string' ? responds(ready) : ready()
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { pid: child.pid, stop }
}

const responds = (url: string) =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  )

/** Whether something accepts connections at a port of this machine. */
export function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
