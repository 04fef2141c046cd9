// Reads the access log of the proxy: each request, and the response of the service to it.

/** One request. `response` is that of the service; it is missing where the proxy responded itself. */
export type Entry = {
  method: string
  /** As sent, without the query. */
  path: string
  /** Of the proxy's response. */
  status: number
  /** Bytes of the request's body. */
  received: number
  response?: {
    status: number
    /** Bytes of the body. */
    length: number
    replayed: boolean
  }
  /** Whether the proxy sent the request to the service. */
  forwarded: boolean
  /** Whether the service accepted a connection for the request and closed it without a response. */
  cutOff: boolean
}

/** A request that the service responded to. */
export type Served = Entry & Required<Pick<Entry, 'response'>>

/**
 * The fields of a line and the nginx variables that they contain. A variable of the upstream has a value for each
 * attempt. nginx knows no length of a body without Content-Length, so that the line has the body itself.
 */
const variables = {
  method: 'request_method',
  uri: 'request_uri',
  status: 'status',
  contentLength: 'content_length',
  body: 'unmeasured_body',
  attemptStatus: 'upstream_status',
  attemptConnect: 'upstream_connect_time',
  attemptSent: 'upstream_bytes_sent',
  attemptHeader: 'upstream_header_time',
  attemptLength: 'upstream_response_length',
  replayed: 'upstream_http_idempotency_replayed',
}
type Line = Record<keyof typeof variables, string>

/** The format of a line, for nginx's `log_format`. */
export const logFormat = `{${Object.entries(variables)
  .map(([name, variable]) => `"${name}":"$${variable}"`)
  .join(',')}}`

export const parseLog = (text: string): Entry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toEntry(JSON.parse(line)))

function toEntry(line: Line): Entry {
  const attempts = attemptsOf(line)
  // Without a header the service sent no response: the status is nginx's (502).
  const responses = attempts.filter(({ header }) => header !== '-')
  if (responses.length > 1) throw new Error(`Two responses to one request: ${JSON.stringify(line)}`)
  const [response] = responses
  return {
    method: line.method,
    path: line.uri.split('?')[0] ?? '',
    status: Number(line.status),
    received: Number(line.contentLength) || line.body.length,
    ...(response && {
      response: {
        status: Number(response.status),
        length: Number(response.length),
        replayed: line.replayed === 'true',
      },
    }),
    forwarded: attempts.some(({ sent }) => sent > 0),
    cutOff: attempts.some(({ header, connect }) => header === '-' && connect !== '-'),
  }
}

function attemptsOf(line: Line) {
  const listed = (text: string) => (text === '' ? [] : text.split(/, | : /))
  const connects = listed(line.attemptConnect)
  const sent = listed(line.attemptSent)
  const headers = listed(line.attemptHeader)
  const lengths = listed(line.attemptLength)
  return listed(line.attemptStatus).map((status, index) => ({
    status,
    connect: connects[index] ?? '-',
    sent: Number(sent[index]) || 0,
    header: headers[index] ?? '-',
    length: lengths[index] ?? '0',
  }))
}
