// Answers, as problems too, what never became a request: what Node's parser refuses and what takes too long.
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../../errors.ts'
import { problemBody, problemMediaType, problems } from './problem-types.ts'

/** How long a client may take to read why it was refused before its connection is cut. */
const lingerMs = 2_000

type Refusal = { code: ErrorCode; detail: string }

const malformed: Refusal = {
  code: 'malformed-request',
  detail: 'This is not HTTP/1.1 as the service takes it.',
}

/** By the code of Node's error. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { code: 'header-too-large', detail: 'The header has more than 16 KiB.' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    code: 'content-too-large',
    detail: 'The chunks are longer than their data.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request-timeout', detail: 'The request did not arrive in time.' },
}

/**
 * Ends a connection with the reason. What the client still sends is read for a while and dropped (RFC 9112, section
 * 9.6): with unread bytes the connection would be reset, and the client might never see the answer.
 */
export function refuse(socket: Socket, errorCode = '') {
  socket.end(message(refusals[errorCode] ?? malformed))
  const cut = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(cut))
}

function message({ code, detail }: Refusal): string {
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
