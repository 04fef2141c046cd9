// A service as users run it: a process of its own, on free ports, on a fresh database.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { freshDatabase, type TestDatabase } from './database.ts'
import { until } from './until.ts'

export type LogLine = { level: number; msg: string; [field: string]: unknown }
export type Service = Awaited<ReturnType<typeof startService>>

/** Many requests from one address are what tests do; those of the limits set them. */
const noLimits = {
  RATE_LIMIT_REQUESTS: '0',
  RATE_LIMIT_LOGIN: '0',
  RATE_LIMIT_SIGNUP: '0',
  RATE_LIMIT_POSTS: '0',
}

/**
 * Starts a service with these settings and waits until it is ready. `stop` ends it and drops its database, unless
 * that was given.
 */
export async function startService(env: Record<string, string> = {}, given?: TestDatabase) {
  const database = given ?? (await freshDatabase())
  const running = runService({ ...noLimits, ...database.env, ...env })
  await running.logged('ready')
  const { url } = await running.logged('listening')
  const { endpoint } = await running.logged('metrics exported')
  return {
    ...running,
    url: String(url),
    metricsUrl: String(endpoint),
    database,
    stop: async () => {
      running.kill('SIGTERM')
      await running.exited
      if (!given) await database.drop()
    },
  }
}

/** Starts a process with these settings and nothing else; what it says and how it ends is there to be read. */
export function runService(env: Record<string, string>, entry = 'src/main.ts') {
  const child = spawn(process.execPath, ['--import', './otel/register.ts', entry], {
    env: { PATH: process.env.PATH, PORT: '0', OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: LogLine[] = []
  createInterface(child.stdout).on('line', (line) => lines.push(parseLine(line)))
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  let exitCode: number | null | undefined
  const exited = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      exitCode = code
      resolve(code)
    }),
  )

  return {
    pid: child.pid,
    /** The exit code; null for a process that a signal killed. */
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    lines,
    stderr: () => stderr,
    /** The first log line with this message; rejects when the process ends without it. */
    logged: (message: string): Promise<LogLine> =>
      until(`the service logs "${message}"`, () => {
        const line = lines.find(({ msg }) => msg === message)
        if (!line && exitCode !== undefined) throw new Error(`The service ended (${exitCode}): ${stderr}`)
        return line
      }),
  }
}

/** The console exporter writes what is no line of the log. */
function parseLine(line: string): LogLine {
  return line.startsWith('{"') ? JSON.parse(line) : { level: 0, msg: line }
}
