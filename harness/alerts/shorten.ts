// Lets days pass in minutes: the same files, with every duration divided.

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A service cannot answer a scrape in a quarter of a second on a busy machine, so scrapes do not come faster. */
const shortestScrapeMs = 1_000

/**
 * Divides every duration in a file of Prometheus or Alertmanager by `divisor`: ranges in PromQL (`[5m]`), `for`, intervals,
 * waits and timeouts. Names, labels and texts that speak of durations stay as they are, and so do thresholds. Scrapes
 * and evaluations come every second at the fastest.
 */
export function shortenDurations(yaml: string, divisor: number): string {
  const shorten = (count: string, unit: string, least = 1) =>
    `${Math.max(least, Math.round((Number(count) * unitMs[unit as keyof typeof unitMs]) / divisor))}ms`
  return yaml
    .replace(/\[(\d+)([smhd])\]/g, (_, count, unit) => `[${shorten(count, unit)}]`)
    .replace(
      /^( *(?:- )?(?:scrape_\w+|evaluation_interval): )(\d+)([smhd])$/gm,
      (_, key, count, unit) => `${key}${shorten(count, unit, shortestScrapeMs)}`,
    )
    .replace(
      /^( *(?:- )?(?:for|interval|\w+_interval|\w+_wait): )(\d+)([smhd])$/gm,
      (_, key, count, unit) => `${key}${shorten(count, unit)}`,
    )
}
