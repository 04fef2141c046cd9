// Server-Sent Events (HTML standard, section 9.2), written as fast as the client reads them.
import { Readable } from 'node:stream'
import { z } from 'zod'

export type Event = { id: string; event: string; data: unknown }

/** A client that takes nothing for so long is cut off; it can resume. */
const stalledMs = 20_000
/** How soon a client comes back after the end. */
const retryMs = 1_000

/** The schema of a reply with a stream, for its declaration. */
export const EventStream = z.custom<Readable>((body) => body instanceof Readable)

/**
 * The body of a stream of what `read` gives, batch by batch; an empty one becomes a comment. It is asked for the next
 * batch only when the last one is on its way, and told by its signal when the client is gone.
 */
export function eventStream<Item>(
  read: (signal: AbortSignal) => AsyncIterable<Item[]>,
  present: (item: Item) => Event,
  limitMs = stalledMs,
): Readable {
  const closed = new AbortController()
  const chunks = frames(read(closed.signal), present)
  let stalled: NodeJS.Timeout | undefined
  // Not Readable.from: that waits for the next batch before it tells anyone that the client is gone.
  const stream = new Readable({
    highWaterMark: 16_384,
    read() {
      clearTimeout(stalled)
      chunks.next().then(push, (error) => stream.destroy(error))
    },
    destroy(error, done) {
      clearTimeout(stalled)
      closed.abort()
      void chunks.return(undefined).catch(() => {})
      done(error)
    },
  })
  return stream

  function push({ value, done }: IteratorResult<string, undefined>) {
    if (stream.destroyed) return
    stalled = setTimeout(() => stream.destroy(new Error('The client does not read.')), limitMs)
    stream.push(done ? null : value)
  }
}

async function* frames<Item>(
  batches: AsyncIterable<Item[]>,
  present: (item: Item) => Event,
): AsyncGenerator<string, undefined> {
  let head = `retry: ${retryMs}\n`
  for await (const items of batches) {
    yield head + (items.map((item) => frame(present(item))).join('') || ':\n\n')
    head = ''
  }
}

/** JSON has no line break of its own, so that it is one field. */
const frame = ({ id, event, data }: Event) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
