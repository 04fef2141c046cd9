// Raw connections that send prepared requests and read no more of a response than a load generator has to know.
import { connect, type Socket } from 'node:net'

/** The status of a response, or 0 if there is none; `fault` says what was wrong. */
export type Outcome = { status: number; fault?: string }
type Finish = (outcome: Outcome) => void
type Connection = { socket: Socket; reading: Reading; finish: Finish | undefined }
/** An incomplete head, or the status and how much of the body is still to come. */
type Reading = { head?: Buffer; status?: number; missing: number }

const nothingRead: Reading = { missing: 0 }

/** Keeps connections open and uses each for one request at a time; `close` ends them. */
export function createConnections(port: number, host: string) {
  const idle: Connection[] = []
  const all = new Set<Connection>()
  // One buffer serves all connections: what is read is processed before the next read.
  const buffer = Buffer.allocUnsafe(65_536)

  function open(): Connection {
    const callback = (length: number) => {
      connection.reading = read(connection.reading, buffer.subarray(0, length))
      const { status, missing } = connection.reading
      if (status === undefined || missing > 0) return true
      end(connection, describe(status))
      idle.push(connection)
      return true
    }
    const socket = connect({ port, host, noDelay: true, onread: { buffer, callback } })
    const connection: Connection = { socket, reading: nothingRead, finish: undefined }
    all.add(connection)
    socket.on('error', () => {})
    socket.once('close', () => {
      all.delete(connection)
      const fault = connection.reading === nothingRead ? 'no response' : 'the response broke off'
      end(connection, { status: 0, fault })
    })
    return connection
  }

  /** The connection that was used last, so that no more are open than necessary. */
  function takeIdle(): Connection | undefined {
    for (let last = idle.pop(); last; last = idle.pop()) if (all.has(last)) return last
    return undefined
  }

  return {
    /** Sends the text of a request and calls `finish` once. */
    send(text: string, finish: Finish) {
      const connection = takeIdle() ?? open()
      connection.finish = finish
      connection.socket.write(text, 'latin1')
    },
    close() {
      for (const { socket } of all) socket.destroy()
    },
  }
}

export type Connections = ReturnType<typeof createConnections>

function read({ head: before, status, missing }: Reading, chunk: Buffer): Reading {
  if (status !== undefined) return { status, missing: missing - chunk.length }
  const received = before ? Buffer.concat([before, chunk]) : chunk
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return { head: Buffer.from(received), missing }
  const head = received.toString('latin1', 0, headEnd)
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
  const isUnexplained = head.startsWith('HTTP/1.1 503') && !/\r\nretry-after: \d/i.test(head)
  return {
    status: isUnexplained ? unexplained : Number(head.slice(9, 12)),
    missing: headEnd + 4 + Number(length) - received.length,
  }
}

/** Stands for a 503 that does not say when to try again. */
const unexplained = -503

const describe = (status: number): Outcome =>
  status === unexplained ? { status: 503, fault: 'a 503 without Retry-After' } : { status }

function end(connection: Connection, outcome: Outcome) {
  const { finish } = connection
  connection.reading = nothingRead
  connection.finish = undefined
  finish?.(outcome)
}
