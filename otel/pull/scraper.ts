// Collects and writes what a scrape asks for, within its time; scrapes at the same time share the work.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { CollectionResult, MetricReader } from '@opentelemetry/sdk-metrics'
import type { Exposition } from './exposition.ts'
import type { Format } from './metadata.ts'

export type Wanted = { format: Format; gzipped: boolean; timeoutMs: number }

/** `size` is the page's before compression, in bytes. */
export type Page = { body: Buffer; size: number }

type Collection = { sources: Promise<CollectionResult>; pages: Map<string, Promise<Buffer>> }

const compress = promisify(gzip)

/**
 * Makes the function that answers scrapes. It rejects when any part of the collection failed, or is not done within
 * `timeoutMs`: a page with something missing would be taken for the truth.
 */
export function createScraper(reader: MetricReader, exposition: Exposition) {
  let underWay: Collection | undefined

  return async function scrape({ format, gzipped, timeoutMs }: Wanted): Promise<Page> {
    const collection = underWay ?? collect()
    underWay = collection
    const work = Promise.all([pageOf(collection, format, false), pageOf(collection, format, gzipped)])
    try {
      const [plain, body] = await within(timeoutMs, work)
      return { body, size: plain.length }
    } finally {
      // Else a callback that never returns would hold every later scrape too.
      if (underWay === collection) underWay = undefined
    }
  }

  function collect(): Collection {
    const collection: Collection = { sources: reader.collect(), pages: new Map() }
    const done = () => {
      if (underWay === collection) underWay = undefined
    }
    collection.sources.then(done, done)
    return collection
  }

  function pageOf(collection: Collection, format: Format, gzipped: boolean): Promise<Buffer> {
    const key = `${format} ${gzipped}`
    const known = collection.pages.get(key)
    if (known !== undefined) return known
    const page = gzipped ? pageOf(collection, format, false).then(compress) : written(collection, format)
    collection.pages.set(key, page)
    return page
  }

  async function written({ sources }: Collection, format: Format): Promise<Buffer> {
    const { resourceMetrics, errors } = await sources
    if (errors.length > 0) throw new AggregateError(errors, 'part of the collection failed')
    return exposition.render([{ resourceMetrics }], format)
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = () => reject(new Error(`the collection took longer than ${timeoutMs} ms`))
  // A scrape that waits is no reason to keep a process that has nothing else to do.
  const timer = setTimeout(late, timeoutMs).unref()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
