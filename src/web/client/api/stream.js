// The stream of new posts: Server-Sent Events over fetch, because EventSource cannot send a token.
import { reconnected } from './connection.js'
import { expireSession, session } from './session.js'

/** @import { Post } from './types.ts' */

/** The service sends something at least every 15 s. */
const silenceMs = 40_000

/**
 * Calls `onPost` for each new post until the signal aborts, and resumes after the last event when the connection breaks.
 * `onOpen` is called whenever the stream starts from now on, because posts may have been missed before.
 *
 * @param {string} path
 * @param {{ onOpen(): void, onPost(post: Post): void, signal: AbortSignal }} options
 */
export async function followStream(path, { onOpen, onPost, signal }) {
  let lastEventId = ''
  while (!signal.aborted && session.get()) {
    try {
      const response = await open(path, lastEventId, signal)
      if (response.status === 401) return expireSession()
      if (!response.ok) {
        await refused(response)
        continue
      }
      if (response.body) {
        if (!lastEventId) onOpen()
        for await (const event of events(response.body)) {
          lastEventId = event.id
          onPost(JSON.parse(event.data))
        }
      }
    } catch {
      // The connection broke: reconnect below.
    }
    if (!signal.aborted) await reconnected()
  }
}

/**
 * @param {string} path
 * @param {string} lastEventId
 * @param {AbortSignal} signal
 */
function open(path, lastEventId, signal) {
  const headers = {
    Authorization: `Bearer ${session.get()?.token}`,
    ...(lastEventId && { 'Last-Event-ID': lastEventId }),
  }
  return fetch(path, { headers, signal })
}

/**
 * The service is busy, or this user sends too many requests.
 *
 * @param {Response} response
 */
function refused({ headers }) {
  const seconds = Number(headers.get('Retry-After')) || 5
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}

/**
 * The events of a stream (HTML standard, section 9.2). Throws if the stream is silent for too long.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  try {
    for (;;) {
      const { value, done } = await withinSilence(reader.read())
      if (done) return
      const blocks = (text + value).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map(parseField))
        const id = fields.get('id')
        const data = fields.get('data')
        if (fields.get('event') === 'post' && id && data) yield { id, data }
      }
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}

/**
 * @param {string} line
 * @returns {[string, string]}
 */
function parseField(line) {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

/**
 * @template T
 * @param {Promise<T>} read
 * @returns {Promise<T>}
 */
function withinSilence(read) {
  const { promise, reject } = Promise.withResolvers()
  const timer = setTimeout(() => reject(new Error('The stream is silent.')), silenceMs)
  return Promise.race([read, promise]).finally(() => clearTimeout(timer))
}
