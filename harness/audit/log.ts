// What the proxy saw: each request, and what the service answered, if it did.

/** One request. `answer` is absent where the service gave none, and the proxy answered by itself. */
export type Entry = {
  method: string
  /** As it was sent, without the query. */
  path: string
  /** What the proxy answered its client. */
  status: number
  /** Bytes of the request's body. */
  received: number
  answer?: {
    status: number
    /** Bytes of its body. */
    length: number
    replayed: boolean
  }
  /** Whether the service had taken a connection for it, and ended that without a word. */
  cutOff: boolean
}

export type Answered = Entry & Required<Pick<Entry, 'answer'>>

type Line = Record<
  | 'method'
  | 'uri'
  | 'status'
  | 'contentLength'
  | 'body'
  | 'attemptStatus'
  | 'attemptConnect'
  | 'attemptHeader'
  | 'attemptLength'
  | 'replayed',
  string
>

/** Of an access log as startProxy keeps it. */
export const parseLog = (text: string): Entry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => toEntry(JSON.parse(line)))

function toEntry(line: Line): Entry {
  const attempts = attemptsOf(line)
  // A header is what an answer begins with: without one nginx invents the status (502).
  const answers = attempts.filter(({ header }) => header !== '-')
  if (answers.length > 1) throw new Error(`The proxy got two answers to one request: ${JSON.stringify(line)}`)
  const [answer] = answers
  return {
    method: line.method,
    path: line.uri.split('?')[0] ?? '',
    status: Number(line.status),
    received: Number(line.contentLength) || line.body.length,
    ...(answer && {
      answer: {
        status: Number(answer.status),
        length: Number(answer.length),
        replayed: line.replayed === 'true',
      },
    }),
    cutOff: attempts.some(({ header, connect }) => header === '-' && connect !== '-'),
  }
}

function attemptsOf(line: Line) {
  const listed = (text: string) => (text === '' ? [] : text.split(/, | : /))
  const connects = listed(line.attemptConnect)
  const headers = listed(line.attemptHeader)
  const lengths = listed(line.attemptLength)
  return listed(line.attemptStatus).map((status, index) => ({
    status,
    connect: connects[index] ?? '-',
    header: headers[index] ?? '-',
    length: lengths[index] ?? '0',
  }))
}
