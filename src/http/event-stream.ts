// Server-Sent Events (HTML standard, section 9.2), with backpressure.
import { Readable } from 'node:stream'
import { z } from 'zod'

export type Event = { id: string; event: string; data: unknown }

/** A client that reads nothing for this long is disconnected; it can resume. */
const stalledMs = 20_000
/** The reconnection time that the stream suggests to clients. */
const retryMs = 1_000

/** The body schema of a stream, for the endpoint's declaration. */
export const EventStream = z.custom<Readable>((body) => body instanceof Readable)

/**
 * The response body for the batches that `read` yields; an empty batch becomes a comment. The next batch is requested
 * once the client has read the previous one. The signal aborts when the client disconnects.
 */
export function eventStream<Item>(
  read: (signal: AbortSignal) => AsyncIterable<Item[]>,
  present: (item: Item) => Event,
  limitMs = stalledMs,
): Readable {
  const closed = new AbortController()
  const chunks = frames(read(closed.signal), present)
  let stalled: NodeJS.Timeout | undefined
  // Not Readable.from(): it would notice a disconnect only after the next batch.
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
    stalled = setTimeout(() => stream.destroy(new Error('The client does not read the stream.')), limitMs)
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

/** JSON.stringify writes no line breaks, so the data fits into one field. */
const frame = ({ id, event, data }: Event) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
