// Sends HTTP byte by byte, for requests that no client library would send.
import { connect, type Socket } from 'node:net'
import type { ApiResponse, Target } from '../../../harness/http/client.ts'

/** The text of a request, with `Host` and `Connection: close` unless `headers` overrides them. */
export function requestText(
  line: string,
  headers: Record<string, string | undefined> = {},
  body = '',
): string {
  const fields = Object.entries({ Host: 'localhost', Connection: 'close', ...headers })
  const lines = fields.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`)
  return [line, ...lines, '', body].join('\r\n')
}

/** Sends bytes and returns all responses until the service ends the connection. */
export async function exchange(target: Target, bytes: string | Buffer): Promise<ApiResponse[]> {
  const connection = open(target)
  connection.socket.write(bytes)
  return connection.ended
}

/** Opens a connection. `received` returns the text so far; `ended` rejects if the service resets the connection. */
export function open({ url }: Target) {
  const socket: Socket = connect(Number(new URL(url).port), 'localhost')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const received = () => Buffer.concat(chunks).toString()
  const ended = new Promise<ApiResponse[]>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('end', () => resolve(parseResponses(received())))
  })
  return { socket, received, ended }
}

/** Parses responses that have a Content-Length or no body. */
function parseResponses(text: string): ApiResponse[] {
  if (text === '') return []
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = new Headers(fields.map((field) => field.split(/: ?(.*)/, 2) as [string, string]))
  const rest = Buffer.from(text.slice(end + 4))
  const length = Number(headers.get('Content-Length'))
  const content = rest.subarray(0, length).toString()
  const isJson = /json/.test(headers.get('Content-Type') ?? '')
  const response = {
    status: Number(line.split(' ')[1]),
    headers,
    text: content,
    body: isJson ? JSON.parse(content) : content,
  }
  return [response, ...parseResponses(rest.subarray(length).toString())]
}
