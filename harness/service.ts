// Starts the service as users run it: a separate process on free ports.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import manifest from '../package.json' with { type: 'json' }
import { freshDatabase, type TemporaryDatabase } from './database.ts'
import { until } from './until.ts'

export type LogLine = { level: number; msg: string; [field: string]: unknown }
export type Service = Awaited<ReturnType<typeof startService>>
export type RunOptions = {
  /** The program; the service by default. */
  entry?: string
  /** Modules loaded before it; the telemetry by default. */
  preload?: string[]
  /** Runs this program with these arguments instead of Node with `preload` and `entry`. */
  command?: string[]
  /** Whether the process can receive messages by `send`. */
  ipc?: boolean
  /** The folder of the code, if it is not this one. */
  cwd?: string
}

/** The options of Node itself: those that `npm start` sets. */
const nodeOptions = manifest.scripts.start.split(' ').filter((option) => /^--(max|heap)-/.test(option))

/** Adds options of Node to every service that is started from now on. */
export function addNodeOptions(...options: string[]) {
  nodeOptions.push(...options)
}

/** Turns rate limits and overload protection off: tests and benchmarks send many requests at once from one address. */
export const noLimits = {
  RATE_LIMIT_REQUESTS: '0',
  RATE_LIMIT_LOGIN: '0',
  RATE_LIMIT_SIGNUP: '0',
  RATE_LIMIT_POSTS: '0',
  OVERLOAD_DELAY: '0',
}

/**
 * Starts a service without rate limits and waits until it logs `waitFor`. `stop` ends it and, unless the database was
 * passed in, drops that. `metricsUrl` is empty when nothing can be scraped.
 */
export async function startService(
  env: Record<string, string> = {},
  given?: Pick<TemporaryDatabase, 'env'>,
  { waitFor = 'ready', ...options }: RunOptions & { waitFor?: 'ready' | 'listening' } = {},
) {
  const created = given ? undefined : await freshDatabase()
  const running = runService({ ...noLimits, ...(given ?? created)?.env, ...env }, options)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    running.kill(signal)
    await running.exited
    await created?.drop()
  }
  try {
    const { url } = await running.logged('listening')
    await running.logged(waitFor)
    const exported = running.lines.find(({ msg }) => msg === 'metrics exported')
    return { ...running, url: String(url), metricsUrl: String(exported?.endpoint ?? ''), stop }
  } catch (error) {
    await stop('SIGKILL')
    throw error
  }
}

/** Starts a process with these settings and nothing else; returns its log and exit code as they become known. */
export function runService(env: Record<string, string>, options: RunOptions = {}) {
  const { entry = 'src/main.ts', preload = ['./otel/register.ts'], ipc = false, cwd } = options
  const imports = ['./lib/lean-start.js', ...preload].flatMap((path) => ['--import', path])
  const [program = '', ...args] = options.command ?? [process.execPath, ...nodeOptions, ...imports, entry]
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, PORT: '0', OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...env },
    ...(cwd && { cwd }),
    stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
  })
  const { stdout, stderr: errors } = child
  if (!stdout || !errors) throw new Error('The process has no output streams.')
  const lines: LogLine[] = []
  createInterface(stdout).on('line', (line) => lines.push(parseLine(line)))
  let stderr = ''
  errors.on('data', (chunk) => {
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
    process: child,
    /** The exit code, or null for a process that a signal killed. */
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    lines,
    stderr: () => stderr,
    /** Resolves with the first log line with this message; rejects when the process ends without it. */
    logged: (message: string): Promise<LogLine> =>
      until(`the service logs "${message}"`, () => {
        const line = lines.find(({ msg }) => msg === message)
        if (!line && exitCode !== undefined)
          throw new Error(`The service exited with ${exitCode} before it logged "${message}": ${stderr}`)
        return line
      }),
  }
}

/** The console exporter writes lines that are not JSON. */
function parseLine(line: string): LogLine {
  return line.startsWith('{"') ? JSON.parse(line) : { level: 0, msg: line }
}
