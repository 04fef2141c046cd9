// Speaks HTTP byte by byte, for what no client would send.
import { connect, type Socket } from 'node:net'
import type { ApiResponse, Target } from '../../../harness/http/client.ts'

/** The text of a request; `Host` and `Connection: close` are there unless `headers` has them otherwise. */
export function requestText(
  line: string,
  headers: Record<string, string | undefined> = {},
  body = '',
): string {
  const fields = Object.entries({ Host: 'localhost', Connection: 'close', ...headers })
  const lines = fields.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`)
  return [line, ...lines, '', body].join('\r\n')
}

/** Sends bytes as they are; every answer that comes before the service ends the connection. */
export async function exchange(target: Target, bytes: string | Buffer): Promise<ApiResponse[]> {
  const connection = open(target)
  connection.socket.write(bytes)
  return connection.ended
}

/** A connection to write to. `received` is what came so far; `ended` rejects when the service resets it. */
export function open({ url }: Target) {
  const socket: Socket = connect(Number(new URL(url).port), 'localhost')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const received = () => Buffer.concat(chunks).toString()
  const ended = new Promise<ApiResponse[]>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('end', () => resolve(parseAnswers(received())))
  })
  return { socket, received, ended }
}

/** Answers with a Content-Length or without a body. */
function parseAnswers(text: string): ApiResponse[] {
  if (text === '') return []
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = new Headers(fields.map((field) => field.split(/: ?(.*)/, 2) as [string, string]))
  const rest = Buffer.from(text.slice(end + 4))
  const length = Number(headers.get('Content-Length'))
  const content = rest.subarray(0, length).toString()
  const isJson = /json/.test(headers.get('Content-Type') ?? '')
  const answer = {
    status: Number(line.split(' ')[1]),
    headers,
    text: content,
    body: isJson ? JSON.parse(content) : content,
  }
  return [answer, ...parseAnswers(rest.subarray(length).toString())]
}
