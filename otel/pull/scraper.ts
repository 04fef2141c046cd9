// Collects and writes what a scrape asks for, within its time; scrapes at the same time share the work.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Sources } from './cluster/sources.ts'
import type { Exposition } from './exposition/exposition.ts'
import type { Source } from './exposition/families.ts'
import type { Format } from './exposition/metadata.ts'

export type Wanted = { format: Format; gzipped: boolean; timeoutMs: number }

/** `size` is the page's before compression, in bytes. */
export type ScrapeResult = { body: Buffer; size: number }

type RunningCollection = { sources: Promise<Source[]>; pages: Map<string, Promise<Buffer>> }

const compress = promisify(gzip)

/**
 * Makes the function that answers scrapes. It rejects when any part of the collection failed, or is not done within
 * `timeoutMs`: a page with something missing would be taken for the truth.
 */
export function createScraper(from: Pick<Sources, 'collect' | 'silent'>, exposition: Exposition) {
  let underWay: RunningCollection | undefined

  return async function scrape({ format, gzipped, timeoutMs }: Wanted): Promise<ScrapeResult> {
    const collection = underWay ?? collect()
    underWay = collection
    const work = Promise.all([pageOf(collection, format, false), pageOf(collection, format, gzipped)])
    try {
      const [plain, body] = await within(timeoutMs, work, () => lateness(timeoutMs))
      return { body, size: plain.length }
    } finally {
      // Else a callback that never returns would hold every later scrape too.
      if (underWay === collection) underWay = undefined
    }
  }

  function collect(): RunningCollection {
    const collection: RunningCollection = { sources: from.collect(), pages: new Map() }
    const done = () => {
      if (underWay === collection) underWay = undefined
    }
    collection.sources.then(done, done)
    return collection
  }

  function pageOf(collection: RunningCollection, format: Format, gzipped: boolean): Promise<Buffer> {
    const key = `${format} ${gzipped}`
    const known = collection.pages.get(key)
    if (known !== undefined) return known
    const page = gzipped ? pageOf(collection, format, false).then(compress) : written(collection, format)
    collection.pages.set(key, page)
    return page
  }

  async function written({ sources }: RunningCollection, format: Format): Promise<Buffer> {
    return exposition.render(await sources, format)
  }

  function lateness(timeoutMs: number): Error {
    const silent = from.silent()
    const why = silent.length > 0 ? `: no answer from ${silent.join(', ')}` : ''
    return new Error(`the collection took longer than ${timeoutMs} ms${why}`)
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>, lateness: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  // A scrape that waits is no reason to keep a process that has nothing else to do.
  const timer = setTimeout(() => reject(lateness()), timeoutMs).unref()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
