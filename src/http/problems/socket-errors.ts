// Problems for bytes that never become a request: those that Node's parser refuses, and requests that take too long.
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../../errors.ts'
import { problemBody, problemMediaType, problems } from './problem-types.ts'

type Failure = { code: ErrorCode; detail: string }

const malformed: Failure = { code: 'malformed-request', detail: 'This is not a valid HTTP/1.1 request.' }

/** By the code of Node's error. */
const failures: Readonly<Record<string, Failure>> = {
  HPE_HEADER_OVERFLOW: { code: 'header-too-large', detail: 'The headers exceed 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { code: 'content-too-large', detail: 'The chunk extensions are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request-timeout', detail: 'The request did not arrive in time.' },
}

/**
 * Sends a problem and ends the connection. It reads and drops what the client still sends, for at most `lingerMs`
 * (RFC 9112, section 9.6): unread bytes would reset the connection, and the client might never see the response.
 */
export function respondToSocketError(socket: Socket, lingerMs: number, errorCode = '') {
  socket.end(response(failures[errorCode] ?? malformed))
  const cut = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(cut))
}

function response({ code, detail }: Failure): string {
  const { status } = problems[code]
  const instance = randomUUID()
  const body = problemBody(code, { detail, instance })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `X-Request-Id: ${instance}`,
    'Referrer-Policy: no-referrer',
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
