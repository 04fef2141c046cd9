// One process's part of a page.
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import type { Source } from './exposition/families.ts'

/** What a process collected, or the reasons why that is not all that it has. */
export type CollectionResult =
  | { source: Source; reasons?: undefined }
  | { source?: undefined; reasons: string[] }

export async function collectFrom(reader: MetricReader): Promise<CollectionResult> {
  try {
    const { resourceMetrics, errors } = await reader.collect()
    return errors.length > 0 ? { reasons: errors.flatMap(reasonsOf) } : { source: { resourceMetrics } }
  } catch (error) {
    return { reasons: reasonsOf(error) }
  }
}

/** What went wrong, in the words of each error. */
export function reasonsOf(error: unknown): string[] {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
  return errors.map((reason) => (reason instanceof Error ? reason.message : String(reason)))
}
