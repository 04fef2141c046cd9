// Collects and writes the exposition of a scrape within its timeout. Concurrent scrapes share the work.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Gathered, Gatherer } from './cluster/primary.ts'
import type { ExpositionWriter } from './exposition/exposition.ts'
import type { Escaping, Format } from './exposition/formats.ts'

export type ScrapeOptions = { format: Format; escaping: Escaping; gzipped: boolean; timeoutMs: number }

/** `size` is the size of the exposition before compression, in bytes. */
export type ScrapeResult = { body: Buffer; size: number }

/** A collection in progress, and the expositions written from it, by format, escaping and compression. */
type SharedWork = { gathered: Promise<Gathered>; bodies: Map<string, Promise<Buffer>> }

const compress = promisify(gzip)

/** The returned function rejects when any part of the collection fails, or takes longer than `timeoutMs`. */
export function createScraper(
  gatherer: Pick<Gatherer, 'gather' | 'pendingWorkers'>,
  exposition: ExpositionWriter,
) {
  let current: SharedWork | undefined

  return async function scrape(options: ScrapeOptions): Promise<ScrapeResult> {
    current ??= start()
    const work = current
    const { timeoutMs } = options
    const bodies = Promise.all([bodyOf(work, { ...options, gzipped: false }), bodyOf(work, options)])
    try {
      const [plain, body] = await withTimeout(timeoutMs, bodies, () => timeoutError(timeoutMs))
      return { body, size: plain.length }
    } finally {
      // After a timeout, the next scrape must not wait for the same callback, which may never return.
      finish(work)
    }
  }

  function start(): SharedWork {
    const work: SharedWork = { gathered: gatherer.gather(), bodies: new Map() }
    const done = () => finish(work)
    work.gathered.then(done, done)
    return work
  }

  function finish(work: SharedWork) {
    if (current === work) current = undefined
  }

  function bodyOf(work: SharedWork, options: ScrapeOptions): Promise<Buffer> {
    const { format, escaping, gzipped } = options
    const key = `${format} ${escaping} ${gzipped}`
    const known = work.bodies.get(key)
    if (known !== undefined) return known
    const body = gzipped
      ? bodyOf(work, { ...options, gzipped: false }).then(compress)
      : work.gathered.then(({ processes, labelInstances }) =>
          exposition.write(processes, { format, escaping, labelInstances }),
        )
    work.bodies.set(key, body)
    return body
  }

  function timeoutError(timeoutMs: number): Error {
    const pending = gatherer.pendingWorkers()
    const why = pending.length > 0 ? `: no response from ${pending.join(', ')}` : ''
    return new Error(`the collection took longer than ${timeoutMs} ms${why}`)
  }
}

async function withTimeout<T>(timeoutMs: number, work: Promise<T>, timeoutError: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  // A pending scrape must not keep the process alive.
  const timer = setTimeout(() => reject(timeoutError()), timeoutMs).unref()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
