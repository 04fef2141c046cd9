// Starts haproxy with a configuration of deploy/haproxy/, and reads its log.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
const readEveryMs = 50

export type Haproxy = Awaited<ReturnType<typeof startHaproxy>>

/** The configurations take their addresses from the environment; `BIND` is set here. */
export async function startHaproxy(
  program: string,
  configuration: 'microposts.cfg' | 'postgresql.cfg',
  servers: Record<string, string>,
  ready: (port: number) => string | (() => Promise<boolean>),
) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'microposts-haproxy-'))
  // haproxy drops lines that it cannot write at once: while a pipe is full, so the log is a file; and while another thread
  // writes, so it has one thread (https://github.com/haproxy/haproxy/issues/1861).
  const file = openSync(join(folder, 'log'), 'a+')
  const oneThread = join(folder, 'one-thread.cfg')
  writeFileSync(oneThread, 'global\n  nbthread 1\n')
  const log: ProxiedRequest[] = []
  const readLog = createReader(file, (line) => {
    const request = parseLine(line)
    if (request) log.push(request)
  })
  const reading = setInterval(readLog, readEveryMs)
  const end = () => {
    clearInterval(reading)
    readLog()
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
  const options = { env: { BIND: `127.0.0.1:${port}`, ...servers }, stdout: file }
  const args = ['-f', `deploy/haproxy/${configuration}`, '-f', oneThread, '-db']
  const { pid, stop } = await startProgram(program, args, ready(port), options).catch((error) => {
    end()
    throw error
  })
  let stopped: Promise<void> | undefined
  return {
    pid,
    port,
    url: `http://127.0.0.1:${port}`,
    /** The requests so far, in the order in which they ended. It grows with a short delay. */
    log: log as readonly ProxiedRequest[],
    /** Ends haproxy once it has logged all requests; it waits for the end of their connections, but not for long. */
    stop: () => {
      stopped ??= Promise.race([stop('SIGUSR1'), setTimeout(drainMs, undefined, { ref: false })])
        .then(() => stop('SIGTERM'))
        .then(end)
      return stopped
    },
  }
}

/** Returns a function that reads the whole lines that were appended to a file since its last call. */
function createReader(file: number, onLine: (line: string) => void) {
  const buffer = Buffer.alloc(65_536)
  let position = 0
  let rest = ''
  return () => {
    for (;;) {
      const length = readSync(file, buffer, 0, buffer.length, position)
      if (length === 0) return
      position += length
      const lines = `${rest}${buffer.toString('latin1', 0, length)}`.split('\n')
      rest = lines.pop() ?? ''
      lines.forEach((line) => {
        onLine(line)
      })
    }
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
