import { parseExposition, type Sample } from './exposition-parser.ts'

export type Scrape = Awaited<ReturnType<typeof scrape>>

/** Scrapes a service's pull endpoint. @throws {Error} unless the response is a valid exposition with status 200 */
export async function scrape({ metricsUrl }: { metricsUrl: string }) {
  const response = await fetch(metricsUrl)
  if (response.status !== 200) throw new Error(`The scrape failed: ${response.status}`)
  const families = parseExposition(await response.text(), 'text')
  const samples = [...families.values()].flatMap((family) => family.samples)
  /** Returns the samples with this name and at least these labels. */
  const series = (name: string, labels: Record<string, string> = {}): Sample[] =>
    samples.filter((sample) => sample.name === name && hasLabels(sample, labels))
  return {
    families,
    series,
    /** Returns the sum of these samples, 0 if there are none. */
    sum: (name: string, labels?: Record<string, string>): number =>
      series(name, labels).reduce((sum, { value }) => sum + value, 0),
  }
}

function hasLabels(sample: Sample, labels: Record<string, string>): boolean {
  return Object.entries(labels).every(([name, value]) => sample.labels[name] === value)
}

/** Returns how much the sum of these samples grows during `work`. */
export async function growth(
  target: { metricsUrl: string },
  name: string,
  labels: Record<string, string>,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = (await scrape(target)).sum(name, labels)
  await work()
  return (await scrape(target)).sum(name, labels) - before
}
