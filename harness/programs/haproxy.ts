// Starts haproxy with a configuration of deploy/haproxy/, and reads its log.
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../http/free-port.ts'
import { startProgram } from './start.ts'

/** A request in haproxy's HTTP log. */
export type ProxiedRequest = {
  method: string
  /** As sent, without the query. */
  path: string
  status: number
  /** The name of the server that responded; undefined if haproxy did itself. */
  server: string | undefined
  /** How often the request was sent again. */
  retries: number
}

const drainMs = 5_000

export type Haproxy = Awaited<ReturnType<typeof startHaproxy>>

/** The configurations take their addresses from the environment; `BIND` is set here. */
export async function startHaproxy(
  program: string,
  configuration: 'microposts.cfg' | 'postgresql.cfg',
  servers: Record<string, string>,
  ready: (port: number) => string | (() => Promise<boolean>),
) {
  const port = await freePort()
  const log: ProxiedRequest[] = []
  const { stop } = await startProgram(
    program,
    ['-f', `deploy/haproxy/${configuration}`, '-db'],
    ready(port),
    {
      env: { BIND: `127.0.0.1:${port}`, ...servers },
      onLine: (line) => {
        const request = parseLine(line)
        if (request) log.push(request)
      },
    },
  )
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** The requests so far, in the order in which they ended. */
    log: log as readonly ProxiedRequest[],
    /** Ends haproxy once it has logged all requests; it waits for the end of their connections, but not for long. */
    stop: async () => {
      await Promise.race([stop('SIGUSR1'), setTimeout(drainMs, undefined, { ref: false })])
      await stop('SIGTERM')
    },
  }
}

/** `option httplog`: haproxy's manual, section 8.2.3. */
const line = /^\S+ \[[^\]]+\] \S+ \S+\/(\S+) \S+ (-?\d+) \d+ .*?\/\+?(\d+) \d+\/\d+ "(\S+) ([^\s?]*)\S* HTTP/

function parseLine(text: string): ProxiedRequest | undefined {
  const [match, server, status, retries, method = '', path = ''] = line.exec(text) ?? []
  if (match === undefined) return undefined
  return {
    method,
    path,
    status: Number(status),
    server: server === '<NOSRV>' ? undefined : server,
    retries: Number(retries),
  }
}
