// Sends requests at a fixed rate, whether or not the service keeps up, and costs little CPU time itself.
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Target } from '../http/client.ts'

/** A response, or `status` 0 with the reason why there is none. `at` and `ms` are when it was due and how long it took. */
export type Answer = { status: number; at: number; ms: number; retryAfter: boolean; fault?: string }

/** The text of a GET request. */
export const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** The text of a POST request with a JSON body. */
export function post(path: string, json: object, token?: string): string {
  const body = JSON.stringify(json)
  const authorization = token ? `\r\nAuthorization: Bearer ${token}` : ''
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json${authorization}`
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Keeps connections open and uses each for one request at a time; `close` ends them. */
export function createConnections({ url }: Target) {
  const idle: Socket[] = []
  const all = new Set<Socket>()

  function open(): Socket {
    const socket = connect({ port: Number(new URL(url).port), host: 'localhost', noDelay: true })
    all.add(socket)
    socket.once('close', () => all.delete(socket))
    socket.on('error', () => {})
    return socket
  }

  return {
    /** Sends the text of a request. Never rejects. */
    send: (text: string): Promise<Answer> =>
      new Promise((resolve) => {
        const socket = idle.pop() ?? open()
        const at = performance.now()
        let received = ''
        const finish = (status: number, fault?: string) => {
          socket.off('data', onData).off('close', onClose)
          const retryAfter = /^retry-after: \d/im.test(received)
          resolve({ status, at, ms: performance.now() - at, retryAfter, ...(fault && { fault }) })
        }
        const onClose = () => finish(0, received ? 'the response broke off' : 'no response')
        const onData = (chunk: Buffer) => {
          received += chunk.toString('latin1')
          if (!isComplete(received)) return
          finish(Number(received.slice(9, 12)))
          idle.push(socket)
        }
        socket.on('data', onData).on('close', onClose)
        socket.write(text)
      }),
    close: () => {
      for (const socket of all) socket.destroy()
    },
  }
}

export type Connections = ReturnType<typeof createConnections>

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? []
  return text.length >= end + 4 + Number(length)
}

/** Sends `rate` requests per second for a time and returns all answers. Each request is sent when it is due. */
export async function openLoop(
  { send }: Connections,
  nextRequest: () => string,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Answer[]> {
  const answers: Promise<Answer>[] = []
  const start = performance.now()
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1_000) {
    while (answers.length < elapsed * rate) answers.push(send(nextRequest()))
    await setTimeout(2)
  }
  return Promise.all(answers)
}

/** Some clients send one request after the other for a time; returns all answers. */
export async function closedLoop(
  { send }: Connections,
  nextRequest: () => string,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<Answer[]> {
  const answers: Answer[] = []
  const end = performance.now() + seconds * 1_000
  const loop = async () => {
    while (performance.now() < end) answers.push(await send(nextRequest()))
  }
  await Promise.all(Array.from({ length: clients }, loop))
  return answers
}
